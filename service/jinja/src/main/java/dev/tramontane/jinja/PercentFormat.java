package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arithmetic;
import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/**
 * {@code '%s %d' % (a, b)}: conversions s, r, d, i, x, X, e, f and g with the flags - 0 +, width and precision. Written
 * numbers count as untrusted: a number from the conversation must not spell part of a control string.
 */
final class PercentFormat {
    private static final int WIDEST = 10_000;

    private final Text format;
    private final Budget budget;
    private final TextBuilder out;
    private int at;

    private PercentFormat(Text format, Budget budget) {
        this.format = format;
        this.budget = budget;
        out = new TextBuilder(budget);
    }

    /** @param argument one value, a tuple of them, or a dictionary for named conversions */
    static Text format(Text format, Value argument, Budget budget) {
        List<Value> values = argument instanceof ListValue list && list.tuple() ? list.items() : List.of(argument);
        return new PercentFormat(format, budget).run(values.iterator(), argument);
    }

    private Text run(Iterator<Value> values, Value argument) {
        String chars = format.chars();
        while (at < chars.length()) {
            int percent = chars.indexOf('%', at);
            int end = percent < 0 ? chars.length() : percent;
            out.append(format, at, end);
            at = end;
            if (percent >= 0) {
                at++;
                conversion(values, argument);
            }
        }
        if (values.hasNext() && !(argument instanceof DictValue)) {
            throw new TemplateException("the format string has fewer places than there are arguments");
        }
        return out.toText();
    }

    private void conversion(Iterator<Value> values, Value argument) {
        Value named = null;
        if (peek() == '(') {
            int close = format.chars().indexOf(')', at);
            String key = close < 0 ? "" : format.chars().substring(at + 1, close);
            named = argument instanceof DictValue dict ? dict.get(key) : null;
            if (named == null) {
                throw new TemplateException("the format string names a key that is not there");
            }
            at = close + 1;
        }
        boolean left = false;
        boolean zeros = false;
        boolean plus = false;
        for (char flag = peek(); "-0+ #".indexOf(flag) >= 0; flag = peek()) {
            left |= flag == '-';
            zeros |= flag == '0';
            plus |= flag == '+';
            at++;
        }
        int width = number();
        int precision = -1;
        if (peek() == '.') {
            at++;
            precision = number();
        }
        char kind = peek();
        at++;
        if (kind == '%') {
            out.append(format, at - 1, at);
            return;
        }
        Value value = named != null ? named : values.hasNext() ? values.next() : null;
        if (value == null) {
            throw new TemplateException("the format string has more places than there are arguments");
        }
        Text text = converted(kind, value, precision, plus);
        int missing = width - text.length();
        String pad = " ".repeat(Math.max(0, left ? 0 : missing));
        if (zeros && !left && kind != 's' && kind != 'r') {
            boolean sign = text.chars().startsWith("-") || text.chars().startsWith("+");
            out.append(text, 0, sign ? 1 : 0);
            out.append("0".repeat(Math.max(0, missing)), true);
            out.append(text, sign ? 1 : 0, text.chars().length());
        } else {
            out.append(pad, true).append(text).append(" ".repeat(Math.max(0, left ? missing : 0)), true);
        }
    }

    private char peek() {
        if (at >= format.chars().length()) {
            throw new TemplateException("the format string ends inside a place");
        }
        return format.chars().charAt(at);
    }

    private int number() {
        int value = 0;
        while (peek() >= '0' && peek() <= '9') {
            value = value * 10 + peek() - '0';
            at++;
            if (value > WIDEST) {
                throw new TemplateException("a format is wider than " + WIDEST);
            }
        }
        return value;
    }

    private Text converted(char kind, Value value, int precision, boolean plus) {
        return switch (kind) {
            case 's', 'r' -> {
                Text text = kind == 's' ? Printer.text(value, budget) : Printer.repr(value, budget);
                int end = precision < 0 ? text.length() : Math.min(precision, text.length());
                yield text.substring(0, text.offset(end));
            }
            case 'd', 'i', 'x', 'X' -> {
                BigInteger number = whole(value);
                String digits = number.abs().toString(kind == 'x' || kind == 'X' ? 16 : 10);
                yield signed(number.signum() < 0, kind == 'X' ? digits.toUpperCase(Locale.ROOT) : digits, plus);
            }
            case 'e', 'E', 'f', 'F', 'g', 'G' -> {
                double number = Arithmetic.real(checked(value));
                budget.read(Math.max(0, precision));
                String digits = FloatDigits.of(
                        Math.abs(number), Character.toLowerCase(kind), precision < 0 ? 6 : precision, false, false);
                boolean negative = !Double.isNaN(number) && Math.copySign(1, number) < 0;
                yield signed(negative, Character.isUpperCase(kind) ? digits.toUpperCase(Locale.ROOT) : digits, plus);
            }
            default -> throw new TemplateException("the format conversion is not one of s, r, d, i, x, X, e, f, g");
        };
    }

    private static Value checked(Value value) {
        return switch (value) {
            case Value.Int _, Value.Bool _, Value.Real _ -> value;
            case Undefined undefined -> throw undefined.used();
            default -> throw new TemplateException("a number is required for the format, not " + Types.shown(value));
        };
    }

    /** The whole part. */
    private static BigInteger whole(Value value) {
        if (!(checked(value) instanceof Value.Real real)) {
            return Arithmetic.whole(value);
        }
        if (!Double.isFinite(real.value())) {
            throw new TemplateException("a number without end has no whole part to format");
        }
        return new BigDecimal(real.value()).toBigInteger();
    }

    private static Text signed(boolean negative, String digits, boolean plus) {
        return Text.untrusted((negative ? "-" : plus ? "+" : "") + digits);
    }
}
