package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.ModelFileException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * An object of a JSON file of hyperparameters: {@code config.json}, {@code params.json} and the like. A null counts as
 * absent, except to {@link #mentions}.
 */
final class JsonParameters extends HyperParameters {
    private final String file;
    private final String path;
    private final Map<String, @Nullable Object> object;

    /**
     * @param file for messages
     * @param path of the object in the file; empty for the whole
     */
    JsonParameters(String file, String path, Map<String, @Nullable Object> object) {
        this.file = file;
        this.path = path;
        this.object = object;
    }

    /** The file, for messages. */
    String file() {
        return file;
    }

    /** Whether the key is there, be its value null. */
    boolean mentions(String key) {
        return object.containsKey(key);
    }

    /** All keys with their values. */
    Map<String, @Nullable Object> entries() {
        return object;
    }

    /** The value as it was read. */
    Optional<Object> find(String key) {
        return Optional.ofNullable(object.get(key));
    }

    /** An object inside this one. */
    @SuppressWarnings("unchecked") // JsonReader makes maps of no other kind.
    Optional<JsonParameters> section(String key) {
        Object value = object.get(key);
        return switch (value) {
            case null -> Optional.empty();
            case Map<?, ?> map ->
                Optional.of(new JsonParameters(file, spelled(key), (Map<String, @Nullable Object>) map));
            default -> throw wrong(key, value, "an object");
        };
    }

    /** A list, its elements as they were read. */
    Optional<List<?>> list(String key) {
        Object value = object.get(key);
        return switch (value) {
            case null -> Optional.empty();
            case List<?> list -> Optional.of(list);
            default -> throw wrong(key, value, "a list");
        };
    }

    Optional<String> findString(String key) {
        Object value = object.get(key);
        return switch (value) {
            case null -> Optional.empty();
            case String text -> Optional.of(text);
            default -> throw wrong(key, value, "a string");
        };
    }

    OptionalInt findInteger(String key, int least, int most) {
        return has(key) ? OptionalInt.of(integer(key, least, most)) : OptionalInt.empty();
    }

    @Override
    boolean has(String key) {
        return object.get(key) != null;
    }

    @Override
    boolean isList(String key) {
        return object.get(key) instanceof List<?>;
    }

    @Override
    int integer(String key, int least, int most) {
        Object value = object.get(key);
        if (value == null) {
            throw missing(key, "an integer");
        }
        return integer(key, value, least, most);
    }

    @Override
    int[] integers(String key) {
        List<?> list = list(key).orElseThrow(() -> missing(key, "a list of integers"));
        return list.stream()
                .mapToInt(value -> integer(key, value, Integer.MIN_VALUE, Integer.MAX_VALUE))
                .toArray();
    }

    @Override
    double real(String key) {
        return findReal(key).orElseThrow(() -> missing(key, "a number"));
    }

    @Override
    OptionalDouble findReal(String key) {
        Object value = object.get(key);
        return switch (value) {
            case null -> OptionalDouble.empty();
            case Number number -> OptionalDouble.of(number.doubleValue());
            default -> throw wrong(key, value, "a number");
        };
    }

    @Override
    boolean bool(String key, boolean absent) {
        Object value = object.get(key);
        return switch (value) {
            case null -> absent;
            case Boolean flag -> flag;
            default -> throw wrong(key, value, "true or false");
        };
    }

    @Override
    String string(String key, String absent) {
        return findString(key).orElse(absent);
    }

    @Override
    String spelled(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    @Override
    ModelFileException refusal(String key, String found, String expected, String advice) {
        return ModelFileException.in(file, found).expected(expected).advice(advice);
    }

    /** Every key with its value, for people and programs, {@code prefix} before the key. */
    List<SourceFact> facts(String prefix) {
        return object.entrySet().stream()
                .map(entry -> SourceFact.of(prefix + entry.getKey(), prefix + entry.getKey(), shown(entry.getValue())))
                .toList();
    }

    /** A value of another type than it must have. */
    ModelFileException wrong(String key, @Nullable Object value, String expected) {
        return refusal(key, quoted(spelled(key)) + " is " + shown(value), expected, OTHER_FILE);
    }

    ModelFileException missing(String key, String expected) {
        return refusal(key, "there is no " + quoted(spelled(key)), expected, OTHER_FILE);
    }

    /** A value for people: short, on one line. */
    static String shown(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case String text -> quoted(text);
            case List<?> list -> "a list of " + list.size();
            case Map<?, ?> map -> "an object of " + map.size();
            default -> value.toString();
        };
    }

    private int integer(String key, @Nullable Object value, int least, int most) {
        if (!(value instanceof Long whole)) {
            throw wrong(key, value, "an integer");
        }
        if (whole < least || whole > most) {
            throw refusal(
                    key, quoted(spelled(key)) + " is " + whole, "a value from " + least + " to " + most, OTHER_FILE);
        }
        return (int) (long) whole;
    }
}
