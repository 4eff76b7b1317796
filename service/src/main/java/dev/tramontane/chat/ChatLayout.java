package dev.tramontane.chat;

import dev.tramontane.answer.AnswerForm;

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
    default AnswerForm form() {
        return AnswerForm.PLAIN;
    }

    /** The same layout for a model that answers in another form. */
    default ChatLayout answeredIn(AnswerForm other) {
        ChatLayout same = this;
        return new ChatLayout() {
            @Override
            public ChatPrompt render(Conversation conversation) {
                return same.render(conversation);
            }

            @Override
            public AnswerForm form() {
                return other;
            }
        };
    }
}
