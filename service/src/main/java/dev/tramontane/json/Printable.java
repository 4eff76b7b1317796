package dev.tramontane.json;

import java.util.Locale;

/** Text of others as messages show it: on one line, with nothing in it that is not seen. Any thread. */
public final class Printable {
    private Printable() {}

    /** At most {@code limit} characters (code points) of the text; what cannot be seen as its number. */
    public static String of(String text, int limit) {
        StringBuilder safe = new StringBuilder();
        int shown = 0;
        for (int at = 0; at < text.length(); ) {
            if (shown++ == limit) {
                return safe.append('\u2026').toString();
            }
            int character = text.codePointAt(at);
            if (isSeen(character)) {
                safe.appendCodePoint(character);
            } else {
                safe.append(String.format(Locale.ROOT, "\\u%04x", character));
            }
            at += Character.charCount(character);
        }
        return safe.toString();
    }

    private static boolean isSeen(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
