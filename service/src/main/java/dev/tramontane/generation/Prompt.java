package dev.tramontane.generation;

import dev.tramontane.chat.Conversation;

/** What to continue. */
public sealed interface Prompt {

    /**
     * Plain text; control strings in it are text.
     *
     * @param special whether bos is added when the model's file asks for it
     */
    record Text(String text, boolean special) implements Prompt {
        public Text(String text) {
            this(text, true);
        }
    }

    /** A text with a gap that is to be filled; control strings in it are text. */
    record Infill(String prefix, String suffix) implements Prompt {}

    /** Ids, taken as they are. */
    record Ids(int[] ids) implements Prompt {}

    /**
     * A conversation, laid out by the model's chat layout.
     *
     * @param computed tokens of an earlier prompt and its answer: as far as the layout says the same, these are taken, which
     *     may be in the cache, whatever tokens its text would be encoded as. Not to be changed
     */
    record Chat(Conversation conversation, int[] computed) implements Prompt {
        public Chat(Conversation conversation) {
            this(conversation, new int[0]);
        }
    }
}
