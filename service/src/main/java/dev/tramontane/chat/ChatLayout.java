package dev.tramontane.chat;

import dev.tramontane.answer.AnswerStyle;

/** Lays out a conversation as a prompt. Immutable; any thread but the event loop (templates take time). */
public interface ChatLayout {

    /**
     * Renders the conversation.
     *
     * @throws ChatLayoutException when the layout or its template refuses the conversation (the message says why), or
     *     the template exceeds its budget
     */
    ChatPrompt render(Conversation conversation);

    /** How models that were trained with it write thoughts and tool calls. */
    default AnswerStyle form() {
        return AnswerStyle.PLAIN;
    }

    /** Whether the model wants to see the schema that its answer has to follow, as the variable {@link MistralSettings#SCHEMA}. */
    default boolean showsSchema() {
        return false;
    }

    /** The same layout for a model that answers in another form. */
    default ChatLayout answeredIn(AnswerStyle other) {
        ChatLayout same = this;
        return new ChatLayout() {
            @Override
            public ChatPrompt render(Conversation conversation) {
                return same.render(conversation);
            }

            @Override
            public AnswerStyle form() {
                return other;
            }

            @Override
            public boolean showsSchema() {
                return same.showsSchema();
            }
        };
    }
}
