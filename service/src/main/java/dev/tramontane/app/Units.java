package dev.tramontane.app;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and times as people write them, both ways. */
final class Units {
    /** What a size must look like, for messages. */
    static final String SIZE_RULE = "a size such as 512MiB or 2GiB";

    /** What a time must look like, for messages. */
    static final String TIME_RULE = "a time such as 30s or 2m";

    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})(?:\\.(\\d))?\\s*([KMGT]?)(iB|B|)");
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|)");

    private Units() {}

    /**
     * Bytes of "2GiB", "1.5GiB", "512M" or "1048576". K, M, G and T are powers of 1024 with and without "iB"; "2GB" is
     * 2,000,000,000.
     */
    static long bytes(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(text + " is no size");
        }
        long base = matcher.group(4).equals("B") ? 1000 : 1024;
        long unit = 1;
        for (int i = 0;
                i < "KMGT".indexOf(matcher.group(3)) + 1 && !matcher.group(3).isEmpty();
                i++) {
            unit *= base;
        }
        try {
            long tenths = Long.parseLong(matcher.group(1)) * 10
                    + (matcher.group(2) == null ? 0 : Long.parseLong(matcher.group(2)));
            return Math.multiplyExact(tenths, unit) / 10;
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException(text + " is too large", overflow);
        }
    }

    /** Time of "30s", "500ms", "2m", "1h" or "30" (seconds). */
    static Duration time(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(text + " is no time");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofSeconds(number);
        };
    }

    /** A count of things: "1 thread", "2 threads". */
    static String count(long number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
    }

    /** A time for people: "30 s", "250 ms". */
    static String show(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    /** Bytes for people: "98.4 MB" would hide the truth of memory, so binary units: "93.8 MiB". */
    static String show(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 3) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, value < 100 ? "%.1f %ciB" : "%.0f %ciB", value, "KMGT".charAt(unit));
    }
}
