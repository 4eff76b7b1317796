package dev.tramontane.structure;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of numbers.
 *
 * @param least null for none, as the greatest
 * @param above whether the least itself is left out; {@code below} likewise
 */
record NumberBounds(
        @Nullable BigDecimal least,
        boolean above,
        @Nullable BigDecimal greatest,
        boolean below,
        List<BigDecimal> multiplesOf) {
    static final NumberBounds NONE = new NumberBounds(null, false, null, false, List.of());

    NumberBounds atLeast(BigDecimal value, boolean left) {
        int order = least == null ? 1 : value.compareTo(least);
        return order > 0 || (order == 0 && left) ? new NumberBounds(value, left, greatest, below, multiplesOf) : this;
    }

    NumberBounds atMost(BigDecimal value, boolean left) {
        int order = greatest == null ? -1 : value.compareTo(greatest);
        return order < 0 || (order == 0 && left) ? new NumberBounds(least, above, value, left, multiplesOf) : this;
    }

    NumberBounds multipleOf(BigDecimal value) {
        List<BigDecimal> all = new ArrayList<>(multiplesOf);
        all.add(value);
        return new NumberBounds(least, above, greatest, below, List.copyOf(all));
    }

    boolean contain(BigDecimal value) {
        return (least == null || value.compareTo(least) >= (above ? 1 : 0))
                && (greatest == null || value.compareTo(greatest) <= (below ? -1 : 0))
                && multiplesOf.stream().allMatch(each -> value.remainder(each).signum() == 0);
    }
}
