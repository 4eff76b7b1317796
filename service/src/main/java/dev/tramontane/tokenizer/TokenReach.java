package dev.tramontane.tokenizer;

/**
 * How much text one token of a vocabulary stands for at most, hence how many tokens a text has at least, without encoding
 * it. Immutable; any thread.
 *
 * <p>Every character has a weight: the bytes of it that some token must stand for, whatever is beside it. What encoding may
 * leave out, or put into a token that holds any amount of it, weighs nothing: bytes without a token, characters that share
 * one unknown token, white space that a special token takes along, spaces that are collapsed. A token's reach is the weight
 * of all that it can stand for. So a text of weight T has at least T / (the longest reach) tokens.
 */
final class TokenReach {
    /** A character's bytes in UTF-8; half a surrogate pair counts as half of four. */
    static final int MOST_WEIGHT = 3;

    /** [65536] by UTF-16 unit. */
    private final byte[] weights;

    private long longest = 1;

    /** Weighs one UTF-16 unit. */
    @FunctionalInterface
    interface Scale {
        int weight(char unit);
    }

    /** @param scale not above {@link #MOST_WEIGHT}; the tokens follow by {@link #add} */
    TokenReach(Scale scale) {
        weights = new byte[1 << 16];
        for (int unit = 0; unit < weights.length; unit++) {
            weights[unit] = (byte) scale.weight((char) unit);
        }
    }

    /** Bytes of UTF-8 that the unit makes, where nothing of it is left out. */
    static int bytes(char unit) {
        return unit < 0x80 ? 1 : unit < 0x800 || Character.isSurrogate(unit) ? 2 : 3;
    }

    /** Counts a token that stands for a text of that spelling at most. During construction only. */
    void add(String spelling) {
        add(weight(spelling));
    }

    /** Counts a token that stands for so much weight at most. During construction only. */
    void add(long reach) {
        longest = Math.max(longest, reach);
    }

    /** Tokens that the prompt has at least; bos and eos not counted. */
    long leastTokens(PromptText prompt) {
        long weight = 0;
        for (PromptText.Part part : prompt.parts()) {
            weight += weight(part.text());
        }
        return (weight + longest - 1) / longest;
    }

    /** Whether the prompt certainly has more tokens than that. Looks at no character of a prompt that is short enough. */
    boolean exceeds(PromptText prompt, int tokens) {
        long units = 0;
        for (PromptText.Part part : prompt.parts()) {
            units += part.text().length();
        }
        return units * MOST_WEIGHT > tokens * longest && leastTokens(prompt) > tokens;
    }

    private long weight(String text) {
        long weight = 0;
        for (int i = 0; i < text.length(); i++) {
            weight += weights[text.charAt(i)];
        }
        return weight;
    }
}
