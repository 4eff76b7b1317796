package dev.tramontane.jinja.value;

/** HTML escaping, as the markupsafe package does it. Chat templates use it seldom, and never automatically. */
public final class Markup {

    private Markup() {}

    /** Escapes a text that is not markup yet. */
    public static Text escape(Text text, Budget budget) {
        return text.isMarkup() ? text : escapeAgain(text, budget);
    }

    /** Escapes whatever it is. */
    public static Text escapeAgain(Text text, Budget budget) {
        return text.map(budget, codePoint -> switch (codePoint) {
                    case '&' -> "&amp;";
                    case '<' -> "&lt;";
                    case '>' -> "&gt;";
                    case '"' -> "&#34;";
                    case '\'' -> "&#39;";
                    default -> Character.toString(codePoint);
                })
                .asMarkup(true);
    }
}
