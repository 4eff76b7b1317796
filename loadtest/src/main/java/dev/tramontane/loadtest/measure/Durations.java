package dev.tramontane.loadtest.measure;

import dev.tramontane.loadtest.plan.InvalidPlanException;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as people write and read them. */
public final class Durations {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)(ms|s|m|h)");
    private static final Map<String, Double> UNITS = Map.of("ms", 1e-3, "s", 1.0, "m", 60.0, "h", 3600.0);

    private Durations() {}

    /** Seconds of "500ms", "1.5s", "2m", "1h". */
    public static double parse(String option, String text) {
        Matcher form = FORM.matcher(text);
        Double unit = form.matches() ? UNITS.get(form.group(2)) : null;
        if (unit == null) {
            throw new InvalidPlanException(option + " must be a time in ms, s, m or h, as in 500ms; got " + text);
        }
        return Double.parseDouble(form.group(1)) * unit;
    }

    /** Three digits, in the unit that suits. */
    public static String show(double seconds) {
        if (seconds >= 100) {
            return String.format(Locale.ROOT, "%.0f s", seconds);
        }
        if (seconds >= 1) {
            return String.format(Locale.ROOT, seconds >= 10 ? "%.1f s" : "%.2f s", seconds);
        }
        double millis = seconds * 1e3;
        return String.format(Locale.ROOT, millis >= 100 ? "%.0f ms" : millis >= 10 ? "%.1f ms" : "%.2f ms", millis);
    }
}
