package dev.tramontane.jinja.value;

/** What Python's {@code str} methods say of characters, where Java's say something else. */
public final class PythonChars {

    private PythonChars() {}

    /** {@code str.isspace}, and {@code \s} of its regular expressions. */
    public static boolean isSpace(int c) {
        return (c >= 0x09 && c <= 0x0D)
                || (c >= 0x1C && c <= 0x20)
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

    /** {@code str.isdecimal}. */
    public static boolean isDecimal(int c) {
        return Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;
    }

    /** Digits that are no decimals (Numeric_Type=Digit), first and last of each run. */
    private static final int[] OTHER_DIGITS = {
        0xB2, 0xB3, 0xB9, 0xB9, 0x1369, 0x1371, 0x19DA, 0x19DA, 0x2070, 0x2070, 0x2074, 0x2079, 0x2080, 0x2089, 0x2460,
        0x2468, 0x2474, 0x247C, 0x2488, 0x2490, 0x24EA, 0x24EA, 0x24F5, 0x24FD, 0x24FF, 0x24FF, 0x2776, 0x277E, 0x2780,
        0x2788, 0x278A, 0x2792, 0x10A40, 0x10A43, 0x10E60, 0x10E68, 0x11052, 0x1105A, 0x1F100, 0x1F10A
    };

    /** {@code str.isdigit}: decimals, superscripts and the digits in circles. */
    public static boolean isDigit(int c) {
        for (int i = 0; i < OTHER_DIGITS.length; i += 2) {
            if (c >= OTHER_DIGITS[i] && c <= OTHER_DIGITS[i + 1]) {
                return true;
            }
        }
        return isDecimal(c);
    }

    /** {@code str.isalnum} of one character. */
    public static boolean isAlphanumeric(int c) {
        return Character.isLetter(c) || isDigit(c) || isNumeric(c);
    }

    /** {@code \w} of Python's regular expressions. */
    public static boolean isWord(int c) {
        return c == '_' || isAlphanumeric(c);
    }

    /** {@code str.isnumeric}: numbers of every kind (and not the ideographs that Python counts too). */
    public static boolean isNumeric(int c) {
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }
}
