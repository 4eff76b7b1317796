package dev.tramontane.jinja;

import dev.tramontane.jinja.value.TemplateException;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;

/** {@code datetime.strftime} in the C locale. */
final class Strftime {
    private static final int LONGEST = 1_000;

    private Strftime() {}

    static String format(ZonedDateTime time, String format) {
        if (format.length() > LONGEST) {
            throw new TemplateException("the date format is longer than " + LONGEST + " characters");
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            boolean bare = format.charAt(i + 1) == '-' && i + 2 < format.length();
            i += bare ? 2 : 1;
            String field = field(time, format.charAt(i));
            out.append(bare && field.length() > 1 ? field.replaceFirst("^0+(?=.)", "") : field);
        }
        return out.toString();
    }

    private static String field(ZonedDateTime time, char directive) {
        return switch (directive) {
            case 'Y' -> Integer.toString(time.getYear());
            case 'y' -> two(time.getYear() % 100);
            case 'm' -> two(time.getMonthValue());
            case 'd' -> two(time.getDayOfMonth());
            case 'e' -> String.format("%2d", time.getDayOfMonth());
            case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' ->
                time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3);
            case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' ->
                time.getDayOfWeek()
                        .getDisplayName(TextStyle.FULL, Locale.ENGLISH)
                        .substring(0, 3);
            case 'H' -> two(time.getHour());
            case 'I' -> two(time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
            case 'M' -> two(time.getMinute());
            case 'S' -> two(time.getSecond());
            case 'f' -> String.format("%06d", time.getNano() / 1000);
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'j' -> String.format("%03d", time.getDayOfYear());
            case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
            case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
            case 'F' -> format(time, "%Y-%m-%d");
            case 'T' -> format(time, "%H:%M:%S");
            case 'D' -> format(time, "%m/%d/%y");
            case 'R' -> format(time, "%H:%M");
            // datetime.now() has no zone: Python writes nothing.
            case 'z', 'Z' -> "";
            case '%' -> "%";
            default -> throw new TemplateException("the date format has a directive that is not supported");
        };
    }

    private static String two(int number) {
        return String.format("%02d", number);
    }
}
