package dev.tramontane.answer;

import java.util.HexFormat;

/** Reads a JSON string's characters behind its first quote. */
final class JsonText {
    private static final int HEX_DIGITS = 4;

    private final StringBuilder out;
    private final StringBuilder hex = new StringBuilder();
    private boolean escaped;
    private boolean inHex;
    private boolean broken;

    /** @param out to which its characters are added */
    JsonText(StringBuilder out) {
        this.out = out;
    }

    /** Whether that character, the closing quote, was the last. */
    boolean push(char c) {
        if (inHex) {
            hex(c);
        } else if (escaped) {
            escaped = false;
            escape(c);
        } else if (c == '\\') {
            escaped = true;
        } else if (c == '"') {
            return true;
        } else {
            out.append(c);
        }
        return false;
    }

    boolean isBroken() {
        return broken;
    }

    private void escape(char c) {
        switch (c) {
            case '"', '\\', '/' -> out.append(c);
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'u' -> inHex = true;
            default -> broken = true;
        }
    }

    private void hex(char c) {
        if (!HexFormat.isHexDigit(c)) {
            broken = true;
            return;
        }
        hex.append(c);
        if (hex.length() == HEX_DIGITS) {
            out.append((char) HexFormat.fromHexDigits(hex));
            hex.setLength(0);
            inHex = false;
        }
    }
}
