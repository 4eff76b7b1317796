package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Arguments.Bound;
import dev.tramontane.jinja.value.Arithmetic;
import dev.tramontane.jinja.value.PythonChars;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that give numbers. */
final class NumberFilters {
    private static final int LONGEST_NUMBER = 400;

    private NumberFilters() {}

    static void addTo(Map<String, Filters.Filter> all) {
        all.put("int", (input, arguments, _) -> whole(input, arguments.bind("int", "default", "base")));
        all.put("float", (input, arguments, _) -> {
            Double value = toReal(input);
            return value != null
                    ? new Value.Real(value)
                    : arguments.bind("float", "default").get(0, new Value.Real(0));
        });
        all.put("abs", (input, arguments, _) -> {
            arguments.bind("abs");
            Value zero = new Value.Int(0);
            checkNumber(input, "abs");
            return isNegative(input)
                    ? Arithmetic.negative(input)
                    : input instanceof Value.Bool ? Arithmetic.subtract(input, zero) : input;
        });
        all.put("round", (input, arguments, _) -> round(input, arguments.bind("round", "precision", "method")));
        Filters.Filter length = (input, arguments, _) -> {
            arguments.bind("length");
            return new Value.Int(Types.length(input));
        };
        all.put("length", length);
        all.put("count", length);
        all.put("sum", NumberFilters::sum);
    }

    private static boolean isNegative(Value number) {
        return number instanceof Value.Real real
                ? Math.copySign(1, real.value()) < 0 && !Double.isNaN(real.value())
                : Arithmetic.whole(number).signum() < 0;
    }

    private static void checkNumber(Value value, String filter) {
        if (value instanceof Undefined undefined) {
            throw undefined.used();
        }
        if (!(value instanceof Value.Int || value instanceof Value.Real || value instanceof Value.Bool)) {
            throw new TemplateException(filter + " needs a number, not " + Types.shown(value));
        }
    }

    /** {@code int(value, base)}, else {@code int(float(value))}, else the default. */
    private static Value whole(Value input, Bound bound) {
        if (input instanceof Value.Int || input instanceof Value.Bool) {
            return new Value.Int(Arithmetic.whole(input));
        }
        if (input instanceof Text text) {
            BigInteger parsed = parse(text.chars(), Math.clamp(bound.integer(1, 10), 2, 36));
            if (parsed != null) {
                return new Value.Int(parsed);
            }
        }
        Double real = toReal(input);
        if (real == null || !Double.isFinite(real)) {
            return bound.get(0, new Value.Int(0));
        }
        return new Value.Int(new BigDecimal(real).toBigInteger());
    }

    private static @Nullable BigInteger parse(String text, int base) {
        String digits = trimmed(text).toLowerCase(Locale.ROOT);
        boolean negative = digits.startsWith("-");
        digits = negative || digits.startsWith("+") ? digits.substring(1) : digits;
        String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
        digits = !prefix.isEmpty() && digits.startsWith(prefix) ? digits.substring(2) : digits;
        if (digits.isEmpty() || !Character.isLetterOrDigit(digits.charAt(0)) || digits.length() > LONGEST_NUMBER) {
            return null;
        }
        try {
            return new BigInteger((negative ? "-" : "") + digits.replaceAll("(?<=[0-9a-z])_(?=[0-9a-z])", ""), base);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static @Nullable Double toReal(Value value) {
        return switch (value) {
            case Value.Int _ -> Arithmetic.real(value);
            case Value.Bool bool -> (double) bool.number();
            case Value.Real real -> real.value();
            case Text text -> parseReal(trimmed(text.chars()));
            default -> null;
        };
    }

    private static @Nullable Double parseReal(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        switch (lower) {
            case "inf", "+inf", "infinity" -> {
                return Double.POSITIVE_INFINITY;
            }
            case "-inf", "-infinity" -> {
                return Double.NEGATIVE_INFINITY;
            }
            case "nan" -> {
                return Double.NaN;
            }
            default -> {}
        }
        // Java also reads suffixes and hexadecimal; Python does not.
        boolean plain = !lower.isEmpty()
                && lower.length() <= LONGEST_NUMBER
                && lower.chars().allMatch(c -> (c >= '0' && c <= '9') || "+-.e".indexOf(c) >= 0);
        try {
            return plain ? Double.valueOf(lower) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static String trimmed(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && PythonChars.isSpace(text.charAt(from))) {
            from++;
        }
        while (from < to && PythonChars.isSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static Value round(Value input, Bound bound) {
        checkNumber(input, "round");
        int precision = Math.clamp(bound.integer(0, 0), -400, 400);
        String method = bound.find(1) == null ? "common" : bound.text(1).chars();
        double scale = Math.pow(10, precision);
        return switch (method) {
            case "common" -> roundHalfEven(input, precision);
            case "ceil" -> new Value.Real(Math.ceil(Arithmetic.real(input) * scale) / scale);
            case "floor" -> new Value.Real(Math.floor(Arithmetic.real(input) * scale) / scale);
            default -> throw new TemplateException("method must be common, ceil or floor");
        };
    }

    /** Python's {@code round}: of the exact binary value, halves to even. */
    private static Value roundHalfEven(Value input, int precision) {
        if (input instanceof Value.Real real) {
            return Double.isFinite(real.value())
                    ? new Value.Real(new BigDecimal(real.value())
                            .setScale(precision, RoundingMode.HALF_EVEN)
                            .doubleValue())
                    : input;
        }
        BigDecimal whole = new BigDecimal(Arithmetic.whole(input));
        return new Value.Int(
                whole.setScale(Math.min(precision, 0), RoundingMode.HALF_EVEN).toBigIntegerExact());
    }

    private static Value sum(Value input, Arguments arguments, Rendering rendering) {
        Bound bound = arguments.bind("sum", "attribute", "start");
        Value attribute = bound.get(0, Value.None.NONE);
        Value sum = bound.get(1, new Value.Int(0));
        for (Value item : Types.elements(input, rendering.budget())) {
            Value addend = attribute instanceof Value.None ? item : Access.path(item, attribute, rendering);
            sum = Arithmetic.add(sum, addend, rendering.budget());
        }
        return sum;
    }
}
