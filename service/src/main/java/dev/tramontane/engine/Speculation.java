package dev.tramontane.engine;

import org.jspecify.annotations.Nullable;

/**
 * Whether tokens of an answer are guessed ahead, and how: guesses are computed together with the token before them, and those that
 * are what is drawn anyway count. So a step may yield several tokens, and they are those of decoding one by one. Immutable.
 *
 * @param method where guesses come from
 * @param most tokens to be guessed for one step, 1..{@value #MOST}
 * @param predicted what the answer is expected to say, as tokens; empty for nothing. Not copied, and not to be changed
 */
public record Speculation(Method method, int most, int[] predicted) {
    /** Most tokens that are guessed for one step. */
    public static final int MOST = 16;

    /** Where nothing else is said. */
    public static final int USUAL = 5;

    private static final int[] NOTHING = {};

    /** Nothing is guessed. */
    public static final Speculation OFF = new Speculation(Method.OFF, USUAL);

    /** Whatever there is, where it pays. */
    public static final Speculation AUTO = new Speculation(Method.AUTO, USUAL);

    /** Where guesses come from. */
    public enum Method {
        /** From nowhere. */
        OFF("off"),
        /** From what is found in the text so far, else from the draft model where there is one. */
        AUTO("auto"),
        /** From what followed the last tokens when they stood in the prompt or the answer before. */
        LOOKUP("ngram"),
        /** From the draft model. */
        MODEL("draft_model");

        private final String word;

        Method(String word) {
            this.word = word;
        }

        /** As requests and settings have it; the last two are vLLM's words. */
        public String word() {
            return word;
        }

        /** The one of that word; null where there is none. */
        public static @Nullable Method of(String word) {
            for (Method method : values()) {
                if (method.word.equals(word)) {
                    return method;
                }
            }
            return null;
        }
    }

    public Speculation {
        if (most < 1 || most > MOST) {
            throw new IllegalArgumentException("guesses must be 1 to " + MOST + " tokens at a time, got " + most);
        }
    }

    public Speculation(Method method, int most) {
        this(method, most, NOTHING);
    }

    /** Whether anything is guessed. */
    public boolean guesses() {
        return method != Method.OFF;
    }

    /** The same where the answer is expected to say this. */
    public Speculation expecting(int[] tokens) {
        return new Speculation(method, most, tokens);
    }
}
