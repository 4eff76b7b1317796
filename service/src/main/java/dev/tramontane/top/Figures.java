package dev.tramontane.top;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Figures for people. What is not known is a line. */
final class Figures {
    private static final String UNKNOWN = "-";
    private static final int BAR = 32;

    private Figures() {}

    static String count(double number) {
        return Double.isNaN(number) ? UNKNOWN : String.format(Locale.ROOT, "%,.0f", number);
    }

    /** Small ones with a digit behind the point. */
    static String rate(double number) {
        return Double.isNaN(number) || Double.isInfinite(number)
                ? UNKNOWN
                : String.format(Locale.ROOT, number < 100 ? "%,.1f" : "%,.0f", number);
    }

    static String share(double number) {
        return Double.isNaN(number) ? UNKNOWN : String.format(Locale.ROOT, "%.0f %%", number * 100);
    }

    static String seconds(double seconds) {
        if (Double.isNaN(seconds)) {
            return UNKNOWN;
        }
        return seconds < 10
                ? String.format(Locale.ROOT, seconds < 0.1 ? "%.1f ms" : "%.0f ms", seconds * 1000)
                : String.format(Locale.ROOT, "%.1f s", seconds);
    }

    static String bytes(double bytes) {
        if (Double.isNaN(bytes)) {
            return UNKNOWN;
        }
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < 4) {
            value /= 1024;
            unit++;
        }
        String digits = unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s";
        return String.format(Locale.ROOT, digits, value, new String[] {"B", "KiB", "MiB", "GiB", "TiB"}[unit]);
    }

    /** A number below that name; NaN where there is none. */
    static double in(Map<?, ?> tree, String... path) {
        @Nullable Object at = tree;
        for (String name : path) {
            at = at instanceof Map<?, ?> map ? map.get(name) : null;
        }
        return at instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    /** Pages: {@code #} used, {@code =} reserved besides, {@code -} kept, {@code .} free. */
    static String bar(double used, double reserved, double kept, double all) {
        if (!(all > 0)) {
            return "[" + ".".repeat(BAR) + "]";
        }
        int first = cells(used, all);
        int second = Math.max(first, cells(Math.max(used, reserved), all));
        int third = Math.max(second, cells(Math.max(used, reserved) + kept, all));
        return "[" + "#".repeat(first) + "=".repeat(second - first) + "-".repeat(third - second)
                + ".".repeat(BAR - third) + "]";
    }

    /** Something is never drawn as nothing. */
    private static int cells(double part, double all) {
        if (!(part > 0)) {
            return 0;
        }
        return Math.clamp(Math.round(part / all * BAR), 1, BAR);
    }
}
