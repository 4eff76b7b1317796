package dev.tramontane.json;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/**
 * Reads JSON (RFC 8259) value by value, strictly: UTF-8 only, no byte order mark, no duplicate names, no lone
 * surrogates, no fractions beyond a double, no numbers of thousands of digits, nothing after the value, and nothing beyond its {@link JsonLimits}.
 * For documents that are too large for a tree, or are turned into something else at once.
 *
 * <p>The stream stands at a value, at first at the whole document. {@link #enterObject} goes into it, then each
 * {@link #nextName} goes on to a field's value, until it gives null; arrays likewise. A value that nobody took is
 * stepped over. One thread.
 *
 * <p>Every method throws {@link InvalidJsonException}, saying what is wrong and where.
 */
public final class JsonStream implements AutoCloseable {
    private final String what;
    private final JsonTokens tokens;

    /** Whether the current token begins a value that nobody has taken. */
    private boolean pending = true;

    private JsonStream(String what, JsonTokens tokens) {
        this.what = what;
        this.tokens = tokens;
    }

    /**
     * Opens a document.
     *
     * @param utf8 the text; may be a mapped file, and is not copied
     * @param what the document's name in messages ("the body")
     */
    public static JsonStream open(MemorySegment utf8, String what, JsonLimits limits) {
        if (utf8.byteSize() > limits.bytes()) {
            String found = what + " is " + utf8.byteSize() + " bytes long";
            throw new InvalidJsonException("", found + "; at most " + limits.bytes() + " are read");
        }
        if (utf8.byteSize() >= 3
                && utf8.get(ValueLayout.JAVA_BYTE, 0) == (byte) 0xef
                && utf8.get(ValueLayout.JAVA_BYTE, 1) == (byte) 0xbb
                && utf8.get(ValueLayout.JAVA_BYTE, 2) == (byte) 0xbf) {
            throw new InvalidJsonException("", what + " starts with a byte order mark; use plain UTF-8", "", 0);
        }
        JsonTokens tokens = new JsonTokens(utf8, what, limits);
        if (tokens.advance() == null) {
            tokens.close();
            throw new InvalidJsonException("", what + " is empty; it must be a JSON object or array", "", 0);
        }
        return new JsonStream(what, tokens);
    }

    /** Goes into the object that is the current value. */
    public void enterObject() {
        take(JsonToken.START_OBJECT, "an object");
    }

    /** Goes to the next field of the innermost object and gives its name; at the end null, and out of the object. */
    public @Nullable String nextName() {
        leaveValue();
        if (tokens.advance() == JsonToken.END_OBJECT) {
            return null;
        }
        String name = tokens.name();
        tokens.countEntry();
        tokens.advance();
        pending = true;
        return name;
    }

    /** Goes into the array that is the current value. */
    public void enterArray() {
        take(JsonToken.START_ARRAY, "an array");
    }

    /** Goes to the next element of the innermost array; at the end false, and out of the array. */
    public boolean nextElement() {
        leaveValue();
        if (tokens.advance() == JsonToken.END_ARRAY) {
            return false;
        }
        tokens.countEntry();
        pending = true;
        return true;
    }

    /** Takes the current value if it is null, and says so. */
    public boolean takeNull() {
        boolean isNull = pending && tokens.current() == JsonToken.VALUE_NULL;
        pending &= !isNull;
        return isNull;
    }

    public String string() {
        Object value = scalar();
        return value instanceof String text ? text : placed(() -> JsonFields.string(value, named()));
    }

    public boolean bool() {
        Object value = scalar();
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong("true or false", value);
    }

    /** A whole number within bounds, written without fraction or exponent. */
    public long integer(long min, long max) {
        Object value = scalar();
        if (value instanceof Double) {
            throw wrong("a whole number", value);
        }
        return value instanceof Long whole && whole >= min && whole <= max
                ? whole
                : placed(() -> JsonFields.integer(value, named(), min, max));
    }

    /** A number within bounds. */
    public double number(double min, double max) {
        Object value = scalar();
        return value instanceof Double number && number >= min && number <= max
                ? number
                : placed(() -> JsonFields.number(value, named(), min, max));
    }

    /** The current value as a tree: String, Boolean, Long, BigInteger (beyond a long), Double, List, Map or null. */
    public @Nullable Object value() {
        // Recursion is bounded by the limits' depth.
        return switch (tokens.current()) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case null, default -> scalar();
        };
    }

    /** The object that is the current value, as a tree. */
    public Map<String, @Nullable Object> object() {
        enterObject();
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (String name = nextName(); name != null; name = nextName()) {
            object.put(name, value());
        }
        return object;
    }

    /** The array that is the current value, as a tree. */
    public List<@Nullable Object> array() {
        enterArray();
        List<@Nullable Object> array = new ArrayList<>();
        while (nextElement()) {
            array.add(value());
        }
        return array;
    }

    /** Checks that nothing follows the document's value. */
    public void end() {
        leaveValue();
        if (tokens.advance() != null) {
            throw tokens.broken(what + " goes on after its value");
        }
    }

    /** Path of the current value, as in {@code messages[0].role}; empty for the document. */
    public String path() {
        return tokens.path();
    }

    /** A fault at the current value, for callers who know what it means. */
    public InvalidJsonException fault(String message) {
        return tokens.fault(path(), message);
    }

    @Override
    public void close() {
        tokens.close();
    }

    private void take(JsonToken token, String wanted) {
        if (tokens.current() != token) {
            throw wrong(wanted, tokens.value());
        }
        pending = false;
    }

    private @Nullable Object scalar() {
        Object value = tokens.value();
        pending = false;
        return value;
    }

    private void leaveValue() {
        JsonToken token = tokens.current();
        if (pending && token != null && token.isStructStart()) {
            for (int depth = 1; depth > 0; ) {
                JsonToken inner = tokens.advance();
                if (inner == null) {
                    throw tokens.broken(what + " ends early");
                }
                if (inner.isStructEnd()) {
                    depth--;
                } else if (inner != JsonToken.PROPERTY_NAME) {
                    tokens.countEntry();
                    depth += inner.isStructStart() ? 1 : 0;
                }
            }
        }
        pending = false;
    }

    private InvalidJsonException wrong(String wanted, @Nullable Object value) {
        String path = path();
        return path.isEmpty()
                ? tokens.fault(
                        "",
                        JsonFields.wrongAt(what, wanted.replaceFirst("an? ", "a JSON "), value)
                                .reason())
                : tokens.fault(path, JsonFields.wrongAt(path, wanted, value).reason());
    }

    /** Runs a check of the current value, so that its complaint says where that stands. */
    private <T> T placed(Supplier<T> check) {
        try {
            return check.get();
        } catch (InvalidJsonException wrong) {
            throw tokens.fault(path(), wrong.reason());
        }
    }

    private String named() {
        return path().isEmpty() ? what : path();
    }
}
