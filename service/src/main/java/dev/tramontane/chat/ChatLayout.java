package dev.tramontane.chat;

/** Lays out a conversation as a prompt. Immutable; any thread but the event loop (templates take time). */
public interface ChatLayout {

    /**
     * Renders the conversation.
     *
     * @throws ChatLayoutException when the layout or its template refuses the conversation (the message says why), or
     *     the template exceeds its budget
     */
    ChatPrompt render(Conversation conversation);
}
