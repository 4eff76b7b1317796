package dev.tramontane.tokenizer.split;

/** Classes of code points as the regular expressions of tokenizers name them, by the JDK's Unicode data. */
final class CodePoints {
    /** {@code \p{L}}. */
    static final int LETTER = 1;
    /** {@code \p{N}}. */
    static final int NUMBER = 2;
    /** {@code \s}: the property White_Space. */
    static final int SPACE = 4;
    /** {@code \p{M}}. */
    static final int MARK = 8;
    /** {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]}. */
    static final int UPPER = 16;
    /** {@code [\p{Ll}\p{Lm}\p{Lo}\p{M}]}. */
    static final int LOWER = 32;
    /** {@code \p{P}}. */
    static final int PUNCTUATION = 64;

    /** [65536] classes of the basic plane; larger code points are looked up each time. */
    private static final byte[] BASIC = new byte[1 << 16];

    static {
        for (int c = 0; c < BASIC.length; c++) {
            BASIC[c] = (byte) compute(c);
        }
    }

    private CodePoints() {}

    static int classes(int codePoint) {
        return codePoint < BASIC.length ? BASIC[codePoint] : compute(codePoint);
    }

    private static int compute(int codePoint) {
        int space = WhiteSpace.is(codePoint) ? SPACE : 0;
        return space
                | switch (Character.getType(codePoint)) {
                    case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPER;
                    case Character.LOWERCASE_LETTER -> LETTER | LOWER;
                    case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER | UPPER | LOWER;
                    case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
                        MARK | UPPER | LOWER;
                    case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
                    case Character.CONNECTOR_PUNCTUATION,
                            Character.DASH_PUNCTUATION,
                            Character.START_PUNCTUATION,
                            Character.END_PUNCTUATION,
                            Character.INITIAL_QUOTE_PUNCTUATION,
                            Character.FINAL_QUOTE_PUNCTUATION,
                            Character.OTHER_PUNCTUATION -> PUNCTUATION;
                    default -> 0;
                };
    }
}
