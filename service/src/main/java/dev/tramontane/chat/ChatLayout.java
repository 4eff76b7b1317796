package dev.tramontane.chat;

/** Lays out a conversation as a prompt. Immutable; any thread but the event loop (templates take time). */
public interface ChatLayout {

    /**
     * Renders the conversation.
     *
     * @throws ChatLayoutException when the template refuses the conversation (its own message), or exceeds its budget
     */
    ChatPrompt render(Conversation conversation);
}
