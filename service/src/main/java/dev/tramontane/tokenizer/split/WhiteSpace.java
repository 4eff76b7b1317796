package dev.tramontane.tokenizer.split;

/** Unicode's property White_Space; {@link Character#isWhitespace} means something else. */
public final class WhiteSpace {
    private WhiteSpace() {}

    /** Whether a code point has the property; all that have it are in the basic plane. */
    public static boolean is(int c) {
        return (c >= 0x09 && c <= 0x0D)
                || c == 0x20
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200A)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }
}
