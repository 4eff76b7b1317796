package dev.tramontane.chat;

import dev.tramontane.jinja.value.Arithmetic;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code json.loads} as far as it decides how a tool's words are shown: text that it reads is shown as the value, other
 * text as a string. Like it, and unlike the JSON of requests, this takes NaN, infinities, whole numbers of any size, and the last of
 * several equal names. Values are those that {@link PythonJson} writes.
 */
final class PythonJsonReader {

    /** Not JSON as Python reads it. Thrown and caught here, so without a stack. */
    private static final class NotJson extends Exception {
        private static final long serialVersionUID = 1L;

        NotJson() {
            super(null, null, false, false);
        }
    }

    private final String text;
    private int at;

    private PythonJsonReader(String text) {
        this.text = text;
    }

    /**
     * The value that the text spells, or the text itself where it spells none, nests too deeply to be shown, or holds half
     * a surrogate pair, which no vocabulary could encode.
     */
    static @Nullable Object loads(String text) {
        PythonJsonReader reader = new PythonJsonReader(text);
        try {
            reader.blanks();
            Object value = reader.value(0);
            reader.blanks();
            return reader.at == text.length() ? value : text;
        } catch (NotJson plain) {
            return text;
        }
    }

    // Recursion is bounded by DEEPEST.
    private @Nullable Object value(int depth) throws NotJson {
        if (depth > PythonJson.DEEPEST) {
            throw new NotJson();
        }
        return switch (peek()) {
            case '"' -> string();
            case '{' -> object(depth);
            case '[' -> array(depth);
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            case 'N' -> word("NaN", Double.NaN);
            case 'I' -> word("Infinity", Double.POSITIVE_INFINITY);
            case '-' -> text.startsWith("-Infinity", at) ? word("-Infinity", Double.NEGATIVE_INFINITY) : number();
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object(int depth) throws NotJson {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        at++;
        blanks();
        if (take('}')) {
            return object;
        }
        do {
            blanks();
            if (peek() != '"') {
                throw new NotJson();
            }
            String name = string();
            blanks();
            expect(':');
            blanks();
            object.put(name, value(depth + 1));
            blanks();
        } while (take(','));
        expect('}');
        return object;
    }

    private List<@Nullable Object> array(int depth) throws NotJson {
        List<@Nullable Object> array = new ArrayList<>();
        at++;
        blanks();
        if (take(']')) {
            return array;
        }
        do {
            blanks();
            array.add(value(depth + 1));
            blanks();
        } while (take(','));
        expect(']');
        return array;
    }

    private @Nullable Object word(String word, @Nullable Object value) throws NotJson {
        if (!text.startsWith(word, at)) {
            throw new NotJson();
        }
        at += word.length();
        return value;
    }

    private Object number() throws NotJson {
        int start = at;
        take('-');
        if (!take('0') && !digits()) {
            throw new NotJson();
        }
        int whole = at;
        // What looks like a fraction or an exponent and is none ends the number.
        if (take('.') && !digits()) {
            at = whole;
        }
        int mantissa = at;
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            if (!digits()) {
                at = mantissa;
            }
        }
        String spelled = text.substring(start, at);
        if (at > whole) {
            return Double.parseDouble(spelled);
        }
        if (spelled.length() > Arithmetic.DIGITS) {
            throw new NotJson(); // Python does not read it either.
        }
        BigInteger number = new BigInteger(spelled);
        return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
    }

    private boolean digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        return at > start;
    }

    private String string() throws NotJson {
        StringBuilder string = new StringBuilder();
        at++;
        while (true) {
            char c = next();
            switch (c) {
                case '"' -> {
                    return sound(string.toString());
                }
                case '\\' -> string.append(escape());
                default -> {
                    if (c < ' ') {
                        throw new NotJson();
                    }
                    string.append(c);
                }
            }
        }
    }

    private static String sound(String string) throws NotJson {
        if (string.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw new NotJson();
        }
        return string;
    }

    private char escape() throws NotJson {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int unit = 0;
                for (int i = 0; i < 4; i++) {
                    char hex = next();
                    int digit = hex < 0x80 ? Character.digit(hex, 16) : -1;
                    if (digit < 0) {
                        throw new NotJson();
                    }
                    unit = unit << 4 | digit;
                }
                yield (char) unit;
            }
            default -> throw new NotJson();
        };
    }

    private void blanks() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() throws NotJson {
        if (at == text.length()) {
            throw new NotJson();
        }
        return text.charAt(at);
    }

    private char next() throws NotJson {
        char c = peek();
        at++;
        return c;
    }

    private boolean take(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c) throws NotJson {
        if (!take(c)) {
            throw new NotJson();
        }
    }
}
