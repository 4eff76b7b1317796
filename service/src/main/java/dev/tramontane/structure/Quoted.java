package dev.tramontane.structure;

/** A client's text in a message: at most {@value #MOST} characters, on one line. */
final class Quoted {
    private static final int MOST = 60;

    private Quoted() {}

    static String of(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int at = 0; at < Math.min(text.length(), MOST); at++) {
            char each = text.charAt(at);
            quoted.append(Character.isISOControl(each) || Character.isSurrogate(each) || each == '"' ? '?' : each);
        }
        return quoted.append(text.length() > MOST ? "...\"" : "\"").toString();
    }
}
