package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Printer;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** A float's digits as C's conversions e, f and g write them: of the exact value, halves to even. */
final class FloatDigits {

    private FloatDigits() {}

    /**
     * The digits of a number that has no sign.
     *
     * @param kind e, f, g, or r for the shortest digits that read back
     * @param precision digits behind the point, of g all digits; not used for r
     * @param alternate whether a point stands where nothing follows, and zeros at the end stay
     * @param real whether a number of kind g must look like a float
     */
    static String of(double value, char kind, int precision, boolean alternate, boolean real) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "nan" : "inf";
        }
        return switch (kind) {
            case 'r' -> alternate ? pointed(Printer.real(value)) : Printer.real(value);
            case 'f' -> fixed(value, precision, alternate);
            case 'e' -> scientific(value, precision, alternate);
            default -> general(value, Math.max(1, precision), alternate, real);
        };
    }

    /** Whether digits in front of an exponent are all zero. */
    static boolean areZero(String digits) {
        return digits.chars().takeWhile(c -> c != 'e' && c != 'E').allMatch(c -> c == '0' || c == '.');
    }

    private static String fixed(double value, int precision, boolean alternate) {
        String digits = new BigDecimal(value)
                .setScale(precision, RoundingMode.HALF_EVEN)
                .toPlainString();
        return alternate ? pointed(digits) : digits;
    }

    private static String scientific(double value, int precision, boolean alternate) {
        BigDecimal rounded = rounded(value, precision + 1);
        String digits = rounded.unscaledValue().toString();
        digits += "0".repeat(Math.max(0, precision + 1 - digits.length()));
        int exponent = exponent(rounded);
        int size = Math.abs(exponent);
        return digits.charAt(0)
                + (precision > 0 || alternate ? "." : "")
                + digits.substring(1)
                + (exponent < 0 ? "e-" : "e+")
                + (size < 10 ? "0" : "")
                + size;
    }

    private static String general(double value, int precision, boolean alternate, boolean real) {
        int exponent = exponent(rounded(value, precision));
        if (exponent < -4 || exponent >= precision - (real ? 1 : 0)) {
            String digits = scientific(value, precision - 1, alternate);
            int end = digits.indexOf('e');
            return alternate ? digits : bare(digits.substring(0, end)) + digits.substring(end);
        }
        String digits = fixed(value, precision - 1 - exponent, alternate);
        digits = alternate ? digits : bare(digits);
        return real && digits.indexOf('.') < 0 ? digits + ".0" : digits;
    }

    private static BigDecimal rounded(double value, int digits) {
        return value == 0
                ? BigDecimal.ZERO
                : new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
    }

    private static int exponent(BigDecimal value) {
        return value.signum() == 0 ? 0 : value.precision() - value.scale() - 1;
    }

    /** Without zeros at the end of a fraction. */
    private static String bare(String digits) {
        int end = digits.length();
        while (digits.indexOf('.') >= 0 && end > 0 && digits.charAt(end - 1) == '0') {
            end--;
        }
        return digits.substring(0, end > 0 && digits.charAt(end - 1) == '.' ? end - 1 : end);
    }

    private static String pointed(String digits) {
        int end = digits.indexOf('e');
        String mantissa = end < 0 ? digits : digits.substring(0, end);
        return mantissa.indexOf('.') >= 0 ? digits : mantissa + "." + digits.substring(mantissa.length());
    }
}
