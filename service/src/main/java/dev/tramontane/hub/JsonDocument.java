package dev.tramontane.hub;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonLimits;
import dev.tramontane.json.JsonReader;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A small JSON document of others, within limits: fields that nobody asks for may be there. */
final class JsonDocument {
    /** A manifest or a record of ours. */
    static final JsonLimits SMALL = new JsonLimits(1 << 20, 16, 256, 1 << 16, 20_000);

    /** What the Hugging Face hub says of a repository of thousands of files. */
    static final JsonLimits REPOSITORY = new JsonLimits(32 << 20, 64, 1024, 4 << 20, 1_000_000);

    private JsonDocument() {}

    /**
     * Reads a document into something.
     *
     * @param what it is, for messages: "the manifest of mistral:latest"
     * @throws HubException when it is not what it must be
     */
    static <T> T read(byte[] bytes, String what, JsonLimits limits, Function<Map<String, @Nullable Object>, T> reader) {
        try {
            return reader.apply(JsonReader.object(MemorySegment.ofArray(bytes), "it", limits));
        } catch (InvalidJsonException wrong) {
            throw new HubException(HubException.Kind.WRONG, what + " is not as it must be: " + wrong.reason(), wrong);
        }
    }

    static String string(Map<String, @Nullable Object> object, String name) {
        return JsonFields.string(object.get(name), name);
    }

    /** Empty where it is not there, or something else. */
    static String text(Map<String, @Nullable Object> object, String name) {
        return object.get(name) instanceof String text ? text : "";
    }

    static long whole(Map<String, @Nullable Object> object, String name, long most) {
        return JsonFields.integer(object.get(name), name, 0, most);
    }

    /** The elements of an array, each an object. */
    static List<Map<String, @Nullable Object>> objects(Map<String, @Nullable Object> object, String name, int most) {
        List<@Nullable Object> array = JsonFields.array(object.get(name), name);
        if (array.size() > most) {
            throw new InvalidJsonException(name, name + " has more than " + most + " elements");
        }
        return array.stream().map(element -> JsonFields.object(element, name)).toList();
    }
}
