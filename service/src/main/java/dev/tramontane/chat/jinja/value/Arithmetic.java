package dev.tramontane.chat.jinja.value;

import java.util.ArrayList;
import java.util.List;

/** Python's operators on values. */
public final class Arithmetic {

    private Arithmetic() {}

    static boolean isNumber(Value value) {
        return value instanceof Value.Int || value instanceof Value.Real || value instanceof Value.Bool;
    }

    static boolean isNan(Value value) {
        return value instanceof Value.Real real && Double.isNaN(real.value());
    }

    private static boolean isWhole(Value value) {
        return value instanceof Value.Int || value instanceof Value.Bool;
    }

    /** The value of an int or bool. */
    public static long whole(Value value) {
        return value instanceof Value.Bool bool ? bool.number() : ((Value.Int) value).value();
    }

    /** The value of any number. */
    public static double real(Value value) {
        return value instanceof Value.Real real ? real.value() : whole(value);
    }

    static int compare(Value a, Value b) {
        if (isWhole(a) && isWhole(b)) {
            return Long.compare(whole(a), whole(b));
        }
        double x = real(a);
        double y = real(b);
        return x < y ? -1 : x > y ? 1 : 0;
    }

    public static Value negative(Value value) {
        if (isWhole(value)) {
            return new Value.Int(exact(() -> Math.negateExact(whole(value))));
        }
        if (value instanceof Value.Real real) {
            return new Value.Real(-real.value());
        }
        throw value instanceof Undefined undefined
                ? undefined.used()
                : new TemplateException("bad operand type for unary -: '" + Types.name(value) + "'");
    }

    public static Value positive(Value value) {
        return value instanceof Value.Real ? value : negative(negative(value));
    }

    public static Value add(Value a, Value b, Budget budget) {
        if (a instanceof Text left && b instanceof Text right) {
            boolean markup = left.isMarkup() || right.isMarkup();
            Text first = markup ? Markup.escape(left, budget) : left;
            Text second = markup ? Markup.escape(right, budget) : right;
            return new TextBuilder(budget).append(first).append(second).toText().asMarkup(markup);
        }
        if (a instanceof ListValue left && b instanceof ListValue right && left.tuple() == right.tuple()) {
            budget.spend((long) left.items().size() + right.items().size());
            List<Value> joined = new ArrayList<>(left.items());
            joined.addAll(right.items());
            return new ListValue(joined, left.tuple());
        }
        if (isWhole(a) && isWhole(b)) {
            return new Value.Int(exact(() -> Math.addExact(whole(a), whole(b))));
        }
        if (isNumber(a) && isNumber(b)) {
            return new Value.Real(real(a) + real(b));
        }
        if (a instanceof Text && !(b instanceof Undefined)) {
            throw new TemplateException("can only concatenate str (not \"" + Types.name(b) + "\") to str");
        }
        throw unsupported("+", a, b);
    }

    public static Value subtract(Value a, Value b) {
        if (isWhole(a) && isWhole(b)) {
            return new Value.Int(exact(() -> Math.subtractExact(whole(a), whole(b))));
        }
        checkNumbers("-", a, b);
        return new Value.Real(real(a) - real(b));
    }

    public static Value multiply(Value a, Value b, Budget budget) {
        if (isWhole(a) && isWhole(b)) {
            return new Value.Int(exact(() -> Math.multiplyExact(whole(a), whole(b))));
        }
        if (isWhole(b) && (a instanceof Text || a instanceof ListValue)) {
            return repeat(a, Math.max(0, whole(b)), budget);
        }
        if (isWhole(a) && (b instanceof Text || b instanceof ListValue)) {
            return repeat(b, Math.max(0, whole(a)), budget);
        }
        checkNumbers("*", a, b);
        return new Value.Real(real(a) * real(b));
    }

    private static Value repeat(Value value, long count, Budget budget) {
        if (value instanceof Text text) {
            long length = text.chars().length();
            if (length == 0) {
                return text;
            }
            budget.checkString(count <= Integer.MAX_VALUE ? length * count : Long.MAX_VALUE);
            TextBuilder repeated = new TextBuilder(budget);
            if (text.isAllOwn() || text.isAllForeign()) {
                return repeated.append(text.chars().repeat((int) count), text.isAllOwn())
                        .toText()
                        .asMarkup(text.isMarkup());
            }
            for (long i = 0; i < count; i++) {
                budget.spend(1);
                repeated.append(text);
            }
            return repeated.toText().asMarkup(text.isMarkup());
        }
        ListValue list = (ListValue) value;
        List<Value> repeated = new ArrayList<>();
        for (long i = 0; i < count && !list.items().isEmpty(); i++) {
            budget.spend(list.items().size());
            repeated.addAll(list.items());
        }
        return new ListValue(repeated, list.tuple());
    }

    /** {@code a / b}, always a float. */
    public static Value divide(Value a, Value b) {
        checkNumbers("/", a, b);
        if (real(b) == 0) {
            throw new TemplateException("division by zero");
        }
        return new Value.Real(real(a) / real(b));
    }

    public static Value floorDivide(Value a, Value b) {
        checkNumbers("//", a, b);
        checkNotZero(b);
        if (isWhole(a) && isWhole(b)) {
            return new Value.Int(exact(() -> Math.floorDivExact(whole(a), whole(b))));
        }
        double rest = real(modulo(a, b));
        double quotient = (real(a) - rest) / real(b);
        double floor = Math.floor(quotient);
        return new Value.Real(quotient - floor > 0.5 ? floor + 1 : floor);
    }

    /** {@code a % b} of numbers: has the sign of b. */
    public static Value modulo(Value a, Value b) {
        checkNumbers("%", a, b);
        checkNotZero(b);
        if (isWhole(a) && isWhole(b)) {
            return new Value.Int(Math.floorMod(whole(a), whole(b)));
        }
        double rest = real(a) % real(b);
        if (rest != 0 && rest < 0 != real(b) < 0) {
            rest += real(b);
        }
        return new Value.Real(rest == 0 ? Math.copySign(0.0, real(b)) : rest);
    }

    public static Value power(Value a, Value b) {
        checkNumbers("**", a, b);
        if (isWhole(a) && isWhole(b) && whole(b) >= 0) {
            return new Value.Int(wholePower(whole(a), whole(b)));
        }
        if (real(a) == 0 && real(b) < 0) {
            throw new TemplateException("0.0 cannot be raised to a negative power");
        }
        double result = Math.pow(real(a), real(b));
        if (Double.isNaN(result) && !isNan(a) && !isNan(b)) {
            throw new TemplateException("a negative number has no fractional power here");
        }
        return new Value.Real(result);
    }

    private static long wholePower(long base, long exponent) {
        if (base == 0 || base == 1 || exponent == 0) {
            return exponent == 0 ? 1 : base;
        }
        if (base == -1) {
            return (exponent & 1) == 0 ? 1 : -1;
        }
        long result = 1;
        for (long i = 0; i < exponent; i++) {
            // At most 63 rounds: then it no longer fits.
            long soFar = result;
            result = exact(() -> Math.multiplyExact(soFar, base));
        }
        return result;
    }

    private static void checkNumbers(String operator, Value a, Value b) {
        if (!isNumber(a) || !isNumber(b)) {
            throw unsupported(operator, a, b);
        }
    }

    private static void checkNotZero(Value b) {
        if (real(b) == 0) {
            throw new TemplateException("integer division or modulo by zero");
        }
    }

    private static TemplateException unsupported(String operator, Value a, Value b) {
        for (Value value : List.of(a, b)) {
            if (value instanceof Undefined undefined) {
                return undefined.used();
            }
        }
        return new TemplateException("unsupported operand type(s) for " + operator + ": '" + Types.name(a) + "' and '"
                + Types.name(b) + "'");
    }

    private interface Exact {
        long compute();
    }

    private static long exact(Exact computation) {
        try {
            return computation.compute();
        } catch (ArithmeticException e) {
            throw new TemplateException("an integer does not fit in 64 bits");
        }
    }
}
