package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arithmetic;
import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.math.BigInteger;
import java.util.Locale;

/**
 * Python's format specifications: {@code [[fill]align][sign][z][#][0][width][, or _][.precision][type]}. A number that
 * one writes counts as untrusted: it must not spell part of a control string. Text and fill characters keep their origin.
 *
 * @param fill one code point
 * @param align one of {@code < > = ^}, or 0 for what the value's type has
 * @param sign what stands in front of numbers that are not negative: {@code +} or a blank; {@code -} for nothing, or 0
 * @param positiveZero whether what rounds to zero has no sign
 * @param alternate prefixes of bases, and points that nothing follows
 * @param group {@code ,} or {@code _} between thousands, or 0
 * @param precision -1 for the type's own
 * @param type the letter, or 0
 */
record FormatSpec(
        Text fill,
        char align,
        char sign,
        boolean positiveZero,
        boolean alternate,
        char group,
        int width,
        int precision,
        char type) {

    /** {@code format(value, spec)}. */
    static Text format(Value value, Text spec, Budget budget) {
        if (spec.isEmpty()) {
            return Printer.text(value, budget);
        }
        return switch (value) {
            case Text text -> FormatSpecParser.parse(spec, '<').text(text, budget);
            case Value.Int _, Value.Bool _ -> FormatSpecParser.parse(spec, '>').whole(value, budget);
            case Value.Real real -> FormatSpecParser.parse(spec, '>').real(real.value(), budget);
            case Undefined undefined -> throw undefined.used();
            default -> throw new TemplateException("a format specification is not for " + Types.shown(value));
        };
    }

    private Text text(Text text, Budget budget) {
        if (type != 0 && type != 's') {
            throw unknown("text");
        }
        check(sign == 0 && !positiveZero && !alternate && group == 0 && align != '=', "text");
        int kept = precision < 0 ? text.length() : Math.min(precision, text.length());
        return padded(Text.EMPTY, text.substring(0, text.offset(kept)), budget);
    }

    private Text whole(Value value, Budget budget) {
        if (type != 0 && "eEfFgG%".indexOf(type) >= 0) {
            return real(Arithmetic.real(value), budget);
        }
        check(precision < 0 && !positiveZero, "an integer");
        BigInteger number = Arithmetic.whole(value);
        if (type == 'c') {
            check(sign == 0 && !alternate && group == 0, "a character");
            if (number.signum() < 0 || number.bitLength() > 21 || number.intValue() > Character.MAX_CODE_POINT) {
                throw new TemplateException("no character has the number " + number);
            }
            return padded(Text.EMPTY, Text.untrusted(Character.toString(number.intValue())), budget);
        }
        int base = switch (type) {
            case 0, 'd', 'n' -> 10;
            case 'x', 'X' -> 16;
            case 'o' -> 8;
            case 'b' -> 2;
            default -> throw unknown("an integer");
        };
        check(group == 0 || (base == 10 ? type != 'n' : group == '_'), "an integer");
        String digits = number.abs().toString(base);
        String prefix = alternate && base != 10 ? "0" + type : "";
        return number(
                number.signum() < 0,
                prefix,
                type == 'X' ? digits.toUpperCase(Locale.ROOT) : digits,
                "",
                base == 10 ? 3 : 4,
                budget);
    }

    private Text real(double value, Budget budget) {
        check(group == 0 || type != 'n', "a number");
        char kind = switch (type) {
            case 0 -> precision < 0 ? 'r' : 'g';
            case 'n', 'g', 'G' -> 'g';
            case 'e', 'E' -> 'e';
            case 'f', 'F', '%' -> 'f';
            default -> throw unknown("a number");
        };
        budget.read(Math.max(0, precision));
        double scaled = type == '%' ? value * 100 : value;
        String digits = FloatDigits.of(Math.abs(scaled), kind, precision < 0 ? 6 : precision, alternate, type == 0);
        if (Character.isUpperCase(type)) {
            digits = digits.toUpperCase(Locale.ROOT);
        }
        boolean negative =
                !Double.isNaN(scaled) && Math.copySign(1, scaled) < 0 && !(positiveZero && FloatDigits.areZero(digits));
        int whole = 0;
        while (whole < digits.length() && digits.charAt(whole) >= '0' && digits.charAt(whole) <= '9') {
            whole++;
        }
        return number(
                negative,
                "",
                digits.substring(0, whole),
                digits.substring(whole) + (type == '%' ? "%" : ""),
                3,
                budget);
    }

    /** Puts a number together from its digits before the point, and the point and what follows it. */
    private Text number(boolean negative, String prefix, String whole, String rest, int size, Budget budget) {
        String front = (negative ? "-" : sign == '+' || sign == ' ' ? String.valueOf(sign) : "") + prefix;
        boolean zeros = fill.chars().equals("0") && align == '=';
        String grouped =
                whole.isEmpty() ? "" : grouped(whole, zeros ? width - front.length() - rest.length() : 0, size);
        return padded(Text.untrusted(front), Text.untrusted(grouped + rest), budget);
    }

    /** Digits in groups from the right, with zeros in front, and commas between those, up to a width. */
    private String grouped(String digits, int least, int size) {
        if (group == 0) {
            return "0".repeat(Math.max(0, least - digits.length())) + digits;
        }
        StringBuilder out = new StringBuilder();
        int left = digits.length();
        int missing = least;
        while (true) {
            int length = Math.min(size, Math.max(Math.max(left, missing), 1));
            int taken = Math.min(left, length);
            out.insert(0, "0".repeat(length - taken) + digits.substring(left - taken, left));
            left -= taken;
            missing -= length;
            if (left <= 0 && missing <= 0) {
                return out.toString();
            }
            out.insert(0, group);
            missing--;
        }
    }

    private Text padded(Text front, Text body, Budget budget) {
        int missing = Math.max(0, width - front.length() - body.length());
        int left = switch (align) {
            case '<' -> 0;
            case '^' -> missing / 2;
            default -> missing;
        };
        TextBuilder out = new TextBuilder(budget);
        if (align == '=') {
            out.append(front);
        }
        fill(out, left);
        if (align != '=') {
            out.append(front);
        }
        out.append(body);
        fill(out, missing - left);
        return out.toText();
    }

    private void fill(TextBuilder out, int count) {
        for (int i = 0; i < count; i++) {
            out.append(fill);
        }
    }

    private static void check(boolean allowed, String what) {
        if (!allowed) {
            throw new TemplateException("the format specification asks for what " + what + " has not");
        }
    }

    private TemplateException unknown(String what) {
        String shown = type > ' ' && type < 0x7F ? " '" + type + "'" : "";
        return new TemplateException("the format type" + shown + " is not for " + what);
    }
}
