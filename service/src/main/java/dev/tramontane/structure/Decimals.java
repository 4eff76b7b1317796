package dev.tramontane.structure;

import static dev.tramontane.structure.Expression.optional;
import static dev.tramontane.structure.Expression.sequence;
import static dev.tramontane.structure.Expression.text;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;
import org.jspecify.annotations.Nullable;

/** Decimal numbers between bounds, as texts: compared digit by digit, never as doubles. Without exponents. */
final class Decimals {
    private static final BigDecimal BEYOND = BigDecimal.TEN.pow(JsonText.DIGITS);

    /** Of what stands between two bounds, in nodes, about. */
    private static final int MANY = 64;

    /** Of each digit of a bound, those behind the point among them that it could have. */
    private static final int DIGIT = 12;

    private final boolean whole;

    private Decimals(boolean whole) {
        this.whole = whole;
    }

    /** The numbers of a shape: those between its bounds, in as many pieces as it leaves numbers out. */
    static Expression of(Shape shape, Effort effort) {
        List<Expression> ways = new ArrayList<>();
        NumberBounds rest = shape.bounds;
        for (BigDecimal not : shape.excludedNumbers()) {
            if (rest.contain(not)) {
                ways.add(between(rest.atMost(not, true), shape.integer, effort));
                rest = rest.atLeast(not, true);
            }
        }
        ways.add(between(rest, shape.integer, effort));
        Expression all = ways.size() == 1 ? ways.getFirst() : new Expression.Choice(ways);
        return shape.fraction ? fractions(all, effort) : all;
    }

    /** Those that aren't whole. */
    private static Expression fractions(Expression numbers, Effort effort) {
        Expression digits = new Expression.Repeat(JsonText.DIGIT, 0, Expression.UNBOUNDED);
        Expression fraction = sequence(optional(text("-")), digits, text("."), digits, digit(1, 9), digits);
        List<Expression> pieces =
                numbers instanceof Expression.Choice choice ? choice.alternatives() : List.of(numbers);
        List<Automaton> all = new ArrayList<>();
        for (Expression each : pieces) {
            all.add(TextSets.both(
                    TextSets.of(each, TextSets.BOUNDS, effort),
                    TextSets.of(fraction, TextSets.PATTERN, effort),
                    effort));
        }
        return new Expression.Regular(TextSets.any(all), Spelling.RAW);
    }

    /** @param whole without a fraction */
    static Expression between(NumberBounds bounds, boolean whole, Effort effort) {
        effort.spend(MANY + cost(bounds.least(), whole) + cost(bounds.greatest(), whole)); // Before it is made.
        Decimals decimals = new Decimals(whole);
        BigDecimal least = bounds.least();
        BigDecimal greatest = bounds.greatest();
        List<Expression> ways = new ArrayList<>();
        if (greatest == null || greatest.signum() >= 0) {
            boolean positive = least == null || least.signum() < 0;
            BigDecimal first = least == null || positive ? BigDecimal.ZERO : least;
            Expression from = decimals.magnitude(first, !positive && bounds.above(), greatest, bounds.below());
            ways.add(from);
        }
        if (least == null || least.signum() <= 0) {
            boolean negative = greatest == null || greatest.signum() > 0;
            BigDecimal first = greatest == null || negative ? BigDecimal.ZERO : greatest.negate();
            Expression below = decimals.magnitude(
                    first, !negative && bounds.below(), least == null ? null : least.negate(), bounds.above());
            ways.add(sequence(text("-"), below));
        }
        Expression between = new Expression.Choice(ways);
        if (bounds.multiplesOf().isEmpty()) {
            return between;
        }
        Automaton all = TextSets.of(between, TextSets.BOUNDS, effort);
        for (BigDecimal each : bounds.multiplesOf()) {
            all = TextSets.both(all, Multiples.of(each), effort);
        }
        return new Expression.Regular(all, Spelling.RAW);
    }

    private static int cost(@Nullable BigDecimal bound, boolean whole) {
        if (bound == null) {
            return 0;
        }
        int digits = Math.clamp((long) bound.precision() - bound.scale(), 1, JsonText.DIGITS);
        return DIGIT * (whole ? digits : digits + JsonText.DIGITS);
    }

    /** Numbers without a sign from one up to another; null for no end. */
    private Expression magnitude(BigDecimal least, boolean above, @Nullable BigDecimal greatest, boolean below) {
        BigDecimal last = greatest == null || greatest.compareTo(BEYOND) >= 0 ? null : greatest;
        if (least.compareTo(BEYOND) >= 0 || (last != null && last.compareTo(least) < (above || below ? 1 : 0))) {
            return Expression.NOTHING;
        }
        Digits low = new Digits(least, above);
        Digits high = last == null ? null : new Digits(last, below);
        List<Expression> ways = new ArrayList<>();
        int longest = high == null ? JsonText.DIGITS : high.whole.length();
        for (int length = low.whole.length(); length <= longest; length++) {
            boolean lowest = length == low.whole.length();
            boolean highest = high != null && length == high.whole.length();
            if (!lowest && !highest) {
                // All lengths between the two are free but for the first digit.
                int end = high == null ? longest : longest - 1;
                ways.add(sequence(digit(1, 9), new Expression.Repeat(JsonText.DIGIT, length - 1, end - 1), fraction()));
                length = end;
            } else {
                ways.add(wholeFrom(0, length, lowest ? low : null, highest ? high : null));
            }
        }
        return new Expression.Choice(ways);
    }

    private Expression fraction() {
        return whole ? Expression.EMPTY : JsonText.FRACTION;
    }

    /** Digits before the point from a place on, where those before are the bounds' own. */
    private Expression wholeFrom(int at, int length, @Nullable Digits low, @Nullable Digits high) {
        if (at == length) {
            return whole ? end(low, high) : fractionFrom(0, low, high);
        }
        if (low == null && high == null) {
            return sequence(new Expression.Repeat(JsonText.DIGIT, length - at, length - at), fraction());
        }
        int first = at == 0 && length > 1 ? 1 : 0;
        int from = low == null ? first : low.whole.charAt(at) - '0';
        int to = high == null ? 9 : high.whole.charAt(at) - '0';
        return step(
                from,
                to,
                low != null,
                high != null,
                (lowest, highest) -> wholeFrom(at + 1, length, lowest ? low : null, highest ? high : null));
    }

    /** A whole number that begins as its bounds do is a bound itself: what they have after the point decides. */
    private static Expression end(@Nullable Digits low, @Nullable Digits high) {
        boolean fits = (low == null || (low.fraction.isEmpty() && !low.left))
                && (high == null || !high.fraction.isEmpty() || !high.left);
        return fits ? Expression.EMPTY : Expression.NOTHING;
    }

    /** The point and what follows, where what stands before are the bounds' own digits. */
    private Expression fractionFrom(int at, @Nullable Digits lower, @Nullable Digits high) {
        // Once all digits of a bound are there, more only add to it.
        Digits low = lower != null && at >= lower.fraction.length() && !lower.left ? null : lower;
        if (low == null && high == null) {
            int left = JsonText.DIGITS - at;
            return at == 0 ? JsonText.FRACTION : new Expression.Repeat(JsonText.DIGIT, 0, left);
        }
        if (at == JsonText.DIGITS) {
            return end(at, low, high) ? Expression.EMPTY : Expression.NOTHING;
        }
        int from = low == null ? 0 : low.fractionAt(at);
        int to = high == null ? 9 : high.fractionAt(at);
        Expression more = step(
                from,
                to,
                low != null,
                high != null,
                (lowest, highest) -> fractionFrom(at + 1, lowest ? low : null, highest ? high : null));
        Expression digits = at == 0 ? sequence(text("."), more) : more;
        return end(at, low, high) ? optional(digits) : digits;
    }

    /** Whether a number may end after some digits of the fraction, all of which were the bounds' own. */
    private static boolean end(int at, @Nullable Digits low, @Nullable Digits high) {
        boolean lowDone = low == null || (at >= low.fraction.length() && !low.left);
        boolean highDone = high == null || at < high.fraction.length() || !high.left;
        return lowDone && highDone;
    }

    /** What follows a digit, by whether it is still a bound's own. */
    private interface Next {
        Expression after(boolean lowest, boolean highest);
    }

    private static Expression step(int from, int to, boolean low, boolean high, Next next) {
        List<Expression> ways = new ArrayList<>();
        int first = from;
        int last = to;
        if (low && high && from == to) {
            return sequence(digit(from, from), next.after(true, true));
        }
        if (low && from <= to) {
            ways.add(sequence(digit(from, from), next.after(true, false)));
            first++;
        }
        if (high && from <= to) {
            ways.add(sequence(digit(to, to), next.after(false, true)));
            last--;
        }
        if (first <= last) {
            ways.add(sequence(digit(first, last), next.after(false, false)));
        }
        return new Expression.Choice(ways);
    }

    private static Expression digit(int first, int last) {
        return new Expression.OneOf(CodePoints.range('0' + first, '0' + last), Spelling.RAW);
    }

    /** A bound's digits before and after the point, and whether the bound itself is left out. */
    private static final class Digits {
        final String whole;
        final String fraction;
        final boolean left;

        Digits(BigDecimal value, boolean left) {
            String[] parts = value.toPlainString().split("\\.", -1);
            this.whole = parts[0];
            this.fraction = parts.length == 1 ? "" : parts[1];
            this.left = left;
        }

        int fractionAt(int at) {
            return at < fraction.length() ? fraction.charAt(at) - '0' : 0;
        }
    }
}
