package dev.tramontane.api;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.chat.Conversation;
import java.util.ArrayList;
import java.util.List;

/** A chat layout that shows all it was given: {@code <s>[TURN]role:content[TURN]...assistant:}. */
final class SimpleLayout implements ChatLayout {
    /** The conversation laid out last. */
    volatile Conversation last = new Conversation(List.of(), List.of(), true, false, java.util.Map.of());

    /** Whether it is told the schema of an answer. */
    volatile boolean showsSchema;

    @Override
    public boolean showsSchema() {
        return showsSchema;
    }

    @Override
    public ChatPrompt render(Conversation conversation) {
        last = conversation;
        List<ChatPrompt.Piece> pieces = new ArrayList<>();
        pieces.add(new ChatPrompt.Stretch("<s>", true));
        for (var message : conversation.messages()) {
            pieces.add(new ChatPrompt.Stretch("[TURN]" + message.get("role") + ":", true));
            pieces.add(new ChatPrompt.Stretch("" + message.get("content"), false));
        }
        if (conversation.addGenerationPrompt()) {
            pieces.add(new ChatPrompt.Stretch("[TURN]assistant:", true));
        }
        return new ChatPrompt(pieces);
    }
}
