package dev.tramontane.chat;

/**
 * Stands where chats cannot be laid out and refuses each of them; texts can still be completed. Immutable.
 *
 * @param reason fit for clients and for logs; a sentence
 */
public record NoLayout(String reason) implements ChatLayout {

    @Override
    public ChatPrompt render(Conversation conversation) {
        throw new ChatLayoutException(reason);
    }
}
