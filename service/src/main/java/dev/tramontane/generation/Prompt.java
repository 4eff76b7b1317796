package dev.tramontane.generation;

import dev.tramontane.answer.Tools;
import dev.tramontane.chat.Conversation;
import org.jspecify.annotations.Nullable;

/** What to continue. */
public sealed interface Prompt {

    /**
     * Plain text; control strings in it are text.
     *
     * @param special whether bos is added when the model's file asks for it
     * @param offered the tools that whoever laid it out shows in it; null where none are called
     */
    record Text(String text, boolean special, @Nullable Tools offered) implements Prompt {
        public Text(String text) {
            this(text, true);
        }

        public Text(String text, boolean special) {
            this(text, special, null);
        }
    }

    /** A text with a gap that is to be filled; control strings in it are text. */
    record Infill(String prefix, String suffix) implements Prompt {}

    /** What is ids already. */
    sealed interface Known extends Prompt {
        int[] ids();
    }

    /** Ids, taken as they are. */
    record Ids(int[] ids) implements Known {}

    /**
     * Ids that a chat layout laid out before, or somebody in its place: what answers them has the model's form, as if the conversation stood here.
     *
     * @param tools that it offered
     */
    record LaidOut(int[] ids, Tools tools) implements Known {}

    /** The tools that an answer may call; null where it is read as a text, whatever it looks like. */
    default @Nullable Tools tools() {
        return switch (this) {
            case Chat chat -> Tools.of(chat.conversation().tools());
            case LaidOut laidOut -> laidOut.tools();
            case Text text -> text.offered();
            case Infill gap -> null;
            case Ids ids -> null;
        };
    }

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
