package dev.tramontane.json;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object that is read field by field. Every field has to be taken, by one of these methods, before {@link #end}:
 * what nobody took is refused by name, or passed over where {@link UnknownFields} says so. A field that is null counts
 * as absent, as in OpenAI's API, whatever its name.
 */
public final class JsonFields {
    private static final int QUOTED = 40;
    private static final int SHOWN = 200;

    private final Map<String, @Nullable Object> object;
    private final String path;
    private final UnknownFields unknown;
    private final Set<String> taken = new HashSet<>();

    public JsonFields(Map<String, @Nullable Object> object) {
        this(object, UnknownFields.refused());
    }

    /** A document's own fields. */
    public JsonFields(Map<String, @Nullable Object> object, UnknownFields unknown) {
        this(object, "", unknown);
    }

    /** @param path of the object itself, as in {@code messages[0]} */
    public JsonFields(Map<String, @Nullable Object> object, String path) {
        this(object, path, UnknownFields.refused());
    }

    private JsonFields(Map<String, @Nullable Object> object, String path, UnknownFields unknown) {
        this.object = object;
        this.path = path;
        this.unknown = unknown;
    }

    /**
     * The fields of a value inside this document.
     *
     * @param at its whole path, as in {@code messages[0]}
     */
    public JsonFields inner(@Nullable Object value, String at) {
        return new JsonFields(object(value, at), at, unknown);
    }

    /** The field's path for error messages. */
    public String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The field as it was read, or null. */
    public @Nullable Object value(String name) {
        taken.add(name);
        return object.get(name);
    }

    /** Names of unknown fields that were passed over so far, as {@link UnknownFields#names}. */
    public List<String> passedOver() {
        return unknown.names();
    }

    /** Names of the fields that were taken, whether they are there or not. */
    public Set<String> known() {
        return Set.copyOf(taken);
    }

    public boolean has(String name) {
        return object.get(name) != null;
    }

    public @Nullable String string(String name) {
        Object value = value(name);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw wrong(name, "a string", value);
    }

    /** An object that has to be there. */
    public JsonFields requiredObject(String name) {
        JsonFields object = object(name);
        if (object == null) {
            throw missing(name);
        }
        return object;
    }

    /** An array that has to be there. */
    public List<@Nullable Object> requiredArray(String name) {
        List<@Nullable Object> array = array(name);
        if (array == null) {
            throw missing(name);
        }
        return array;
    }

    public String requiredString(String name) {
        String value = string(name);
        if (value == null) {
            throw missing(name);
        }
        return value;
    }

    public boolean flag(String name, boolean otherwise) {
        Object value = value(name);
        return switch (value) {
            case null -> otherwise;
            case Boolean flag -> flag;
            default -> throw wrong(name, "true or false", value);
        };
    }

    /** A whole number within bounds, or null. */
    public @Nullable Long integer(String name, long min, long max) {
        Object value = value(name);
        return value == null ? null : (Long) integer(value, path(name), min, max);
    }

    public int integer(String name, int otherwise, int min, int max) {
        Long value = integer(name, min, max);
        return value == null ? otherwise : value.intValue();
    }

    public @Nullable List<@Nullable Object> array(String name) {
        Object value = value(name);
        return value == null ? null : array(value, path(name));
    }

    public @Nullable JsonFields object(String name) {
        Object value = value(name);
        return value == null ? null : inner(value, path(name));
    }

    /** Fields that may have any value and change nothing here. */
    public void harmless(String... names) {
        taken.addAll(List.of(names));
    }

    /** A field of which only the given values (its defaults) are served; anything else is refused, with what is. */
    public void only(String name, Object... values) {
        Object value = withoutNulls(value(name));
        if (value != null && !List.of(values).contains(value)) {
            String said =
                    wrong(name, Served.words(values) + " or left out", value).reason();
            throw new InvalidJsonException(path(name), said + ": other values are not supported");
        }
    }

    /** A field that is known and refused, with what to do instead. */
    public void refuse(String name, String instead) {
        if (withoutNulls(value(name)) != null) {
            throw new InvalidJsonException(path(name), path(name) + " is not supported; " + instead);
        }
    }

    /** The value without members that are null, at any depth; null for an object that has no others. */
    private static @Nullable Object withoutNulls(@Nullable Object value) {
        if (!(value instanceof Map<?, ?> map) || map.isEmpty()) {
            return value;
        }
        Map<Object, Object> rest = new LinkedHashMap<>();
        map.forEach((name, each) -> {
            Object kept = withoutNulls(each);
            if (kept != null) {
                rest.put(name, kept);
            }
        });
        return rest.isEmpty() ? null : rest;
    }

    /** Takes the fields that nobody took and that are not null. */
    public Map<String, @Nullable Object> rest() {
        Map<String, @Nullable Object> rest = new LinkedHashMap<>();
        object.forEach((name, value) -> {
            if (value != null && taken.add(name)) {
                rest.put(name, value);
            }
        });
        return rest;
    }

    /** Refuses every field that was not taken, or passes it over. */
    public void end() {
        object.forEach((name, value) -> {
            if (value != null && !taken.contains(name) && !unknown.pass(path(name))) {
                String shown = Printable.of(path(name), SHOWN);
                throw new InvalidJsonException(path(name), "unknown field " + shown + Nearest.suggestion(name, taken));
            }
        });
    }

    public InvalidJsonException missing(String name) {
        return new InvalidJsonException(path(name), path(name) + " is missing");
    }

    public InvalidJsonException wrong(String name, String wanted, Object given) {
        return wrongAt(path(name), wanted, given);
    }

    // ---- values inside arrays and maps, named by their whole path

    public static long integer(@Nullable Object value, String path, long min, long max) {
        String wanted = max == Long.MAX_VALUE && !(value instanceof BigInteger)
                ? "a whole number of at least " + min
                : "a whole number between " + min + " and " + max;
        if (min == Long.MIN_VALUE) {
            wanted = "a whole number of 64 bits";
        }
        long whole = switch (value) {
            case Long number -> number;
            case Double number when number == Math.rint(number) && Math.abs(number) < 1L << 53 -> number.longValue();
            case null, default -> throw wrongAt(path, wanted, value);
        };
        if (whole < min || whole > max) {
            throw wrongAt(path, wanted, value);
        }
        return whole;
    }

    /** Token ids: whole numbers from 0 on. */
    public static int[] ids(List<?> list, String path) {
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) integer(list.get(i), path + "[" + i + "]", 0, Integer.MAX_VALUE);
        }
        return ids;
    }

    public static double number(@Nullable Object value, String path, double min, double max) {
        if (!(value instanceof Number number) || number.doubleValue() < min || number.doubleValue() > max) {
            throw wrongAt(path, "a number between " + plain(min) + " and " + plain(max), value);
        }
        return number.doubleValue();
    }

    public static String string(@Nullable Object value, String path) {
        if (value instanceof String text) {
            return text;
        }
        throw wrongAt(path, "a string", value);
    }

    @SuppressWarnings("unchecked") // Lists and maps come from JsonReader, which makes no others.
    public static List<@Nullable Object> array(@Nullable Object value, String path) {
        if (value instanceof List<?> list) {
            return (List<@Nullable Object>) list;
        }
        throw wrongAt(path, "an array", value);
    }

    @SuppressWarnings("unchecked") // As above.
    public static Map<String, @Nullable Object> object(@Nullable Object value, String path) {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw wrongAt(path, "an object", value);
    }

    public static InvalidJsonException wrongAt(String path, String wanted, @Nullable Object given) {
        return new InvalidJsonException(path, path + " must be " + wanted + ", got " + quote(given));
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }

    private static String quote(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case String text -> "\"" + Printable.of(text, QUOTED) + "\"";
            case List<?> list -> "an array";
            case Map<?, ?> map -> "an object";
            default -> Printable.of(value.toString(), QUOTED); // A whole number may have thousands of digits.
        };
    }
}
