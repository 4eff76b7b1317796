package dev.tramontane.jinja.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Python's operators on values. */
public final class Arithmetic {
    /** Digits of the longest whole numbers, as of Python's own limit of what it reads and prints. */
    public static final int DIGITS = 4300;

    /** The same in bits. */
    static final int BITS = 14_285;

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
    public static BigInteger whole(Value value) {
        return value instanceof Value.Bool bool ? BigInteger.valueOf(bool.number()) : ((Value.Int) value).value();
    }

    /** The value of any number. */
    public static double real(Value value) {
        if (value instanceof Value.Real real) {
            return real.value();
        }
        double whole = whole(value).doubleValue();
        if (Double.isInfinite(whole)) {
            throw new TemplateException("int too large to convert to float");
        }
        return whole;
    }

    /** Exact, whatever the two are. */
    static int compare(Value a, Value b) {
        if (isWhole(a) && isWhole(b)) {
            return whole(a).compareTo(whole(b));
        }
        if (a instanceof Value.Real x && b instanceof Value.Real y) {
            return x.value() < y.value() ? -1 : x.value() > y.value() ? 1 : 0;
        }
        return a instanceof Value.Real x ? -compare(whole(b), x.value()) : compare(whole(a), ((Value.Real) b).value());
    }

    private static int compare(BigInteger whole, double real) {
        if (!Double.isFinite(real)) {
            return real > 0 ? -1 : real < 0 ? 1 : 0; // Nothing is less or more than NaN.
        }
        return new BigDecimal(whole).compareTo(new BigDecimal(real));
    }

    public static Value negative(Value value) {
        if (isWhole(value)) {
            return new Value.Int(whole(value).negate());
        }
        if (value instanceof Value.Real real) {
            return new Value.Real(-real.value());
        }
        throw value instanceof Undefined undefined
                ? undefined.used()
                : new TemplateException(Types.shown(value) + " has no negative");
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
            return bounded(whole(a).add(whole(b)));
        }
        if (isNumber(a) && isNumber(b)) {
            return new Value.Real(real(a) + real(b));
        }
        if (a instanceof Text && !(b instanceof Undefined)) {
            throw new TemplateException(Types.shown(b) + " cannot be added to text");
        }
        throw unsupported("+", a, b);
    }

    public static Value subtract(Value a, Value b) {
        if (isWhole(a) && isWhole(b)) {
            return bounded(whole(a).subtract(whole(b)));
        }
        checkNumbers("-", a, b);
        return new Value.Real(real(a) - real(b));
    }

    public static Value multiply(Value a, Value b, Budget budget) {
        if (isWhole(a) && isWhole(b)) {
            return bounded(whole(a).multiply(whole(b)));
        }
        if (isWhole(b) && (a instanceof Text || a instanceof ListValue)) {
            return repeat(a, times(b), budget);
        }
        if (isWhole(a) && (b instanceof Text || b instanceof ListValue)) {
            return repeat(b, times(a), budget);
        }
        checkNumbers("*", a, b);
        return new Value.Real(real(a) * real(b));
    }

    private static long times(Value count) {
        return new Value.Int(whole(count)).clamped(0, Long.MAX_VALUE);
    }

    private static Value repeat(Value value, long count, Budget budget) {
        if (value instanceof Text text) {
            long length = text.chars().length();
            if (length == 0) {
                return text;
            }
            budget.checkString(count <= Integer.MAX_VALUE ? length * count : Long.MAX_VALUE);
            TextBuilder repeated = new TextBuilder(budget);
            if (text.isAllTrusted() || text.isAllUntrusted()) {
                return repeated.append(text.chars().repeat((int) count), text.isAllTrusted())
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
        if (!Types.truth(b)) {
            throw new TemplateException("division by zero");
        }
        return new Value.Real(real(a) / real(b));
    }

    public static Value floorDivide(Value a, Value b) {
        checkNumbers("//", a, b);
        checkNotZero(b);
        if (isWhole(a) && isWhole(b)) {
            BigInteger[] parts = whole(a).divideAndRemainder(whole(b));
            boolean down = parts[1].signum() != 0 && parts[1].signum() != whole(b).signum();
            return new Value.Int(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
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
            BigInteger rest = whole(a).remainder(whole(b));
            return new Value.Int(rest.signum() != 0 && rest.signum() != whole(b).signum() ? rest.add(whole(b)) : rest);
        }
        double rest = real(a) % real(b);
        if (rest != 0 && rest < 0 != real(b) < 0) {
            rest += real(b);
        }
        return new Value.Real(rest == 0 ? Math.copySign(0.0, real(b)) : rest);
    }

    public static Value power(Value a, Value b) {
        checkNumbers("**", a, b);
        if (isWhole(a) && isWhole(b) && whole(b).signum() >= 0) {
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

    private static BigInteger wholePower(BigInteger base, BigInteger exponent) {
        if (exponent.signum() == 0) {
            return BigInteger.ONE;
        }
        if (base.bitLength() <= 1 && base.signum() >= 0) { // 0 and 1
            return base;
        }
        if (base.equals(BigInteger.ONE.negate())) {
            return exponent.testBit(0) ? base : BigInteger.ONE;
        }
        // The result has at least this many bits, so that nothing much larger is computed.
        BigInteger bits = exponent.multiply(BigInteger.valueOf(base.abs().bitLength() - 1L));
        if (bits.compareTo(BigInteger.valueOf(BITS)) > 0) {
            throw tooLarge();
        }
        return bounded(base.pow(exponent.intValueExact())).value();
    }

    private static void checkNumbers(String operator, Value a, Value b) {
        if (!isNumber(a) || !isNumber(b)) {
            throw unsupported(operator, a, b);
        }
    }

    private static void checkNotZero(Value b) {
        if (!Types.truth(b)) {
            throw new TemplateException("division by zero");
        }
    }

    private static TemplateException unsupported(String operator, Value a, Value b) {
        for (Value value : List.of(a, b)) {
            if (value instanceof Undefined undefined) {
                return undefined.used();
            }
        }
        return new TemplateException("'" + operator + "' is not for " + Types.shown(a) + " and " + Types.shown(b));
    }

    private static Value.Int bounded(BigInteger result) {
        if (result.bitLength() > BITS) {
            throw tooLarge();
        }
        return new Value.Int(result);
    }

    private static TemplateException tooLarge() {
        return new TemplateException("an integer has more than " + DIGITS + " digits");
    }
}
