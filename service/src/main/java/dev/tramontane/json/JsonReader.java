package dev.tramontane.json;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a whole JSON document into String, Boolean, Long, BigInteger (beyond a long), Double, List, Map or null, by the
 * rules of {@link JsonStream}. Any thread.
 */
public final class JsonReader {
    /** Limits of a request. Its length is limited where it is received, and a prompt may be most of it. */
    private static final JsonLimits REQUEST =
            new JsonLimits(Integer.MAX_VALUE, 64, 1024, Integer.MAX_VALUE, Long.MAX_VALUE);

    private JsonReader() {}

    /**
     * Reads a body that must be one object.
     *
     * @throws InvalidJsonException saying what is wrong and where
     */
    public static Map<String, @Nullable Object> object(byte[] body) {
        return object(MemorySegment.ofArray(body), "the body", REQUEST);
    }

    /** Reads a string field that must hold one object. */
    public static Map<String, @Nullable Object> object(String text, String field) {
        try {
            return object(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)), field, REQUEST);
        } catch (InvalidJsonException invalid) {
            throw new InvalidJsonException(field, String.valueOf(invalid.getMessage()));
        }
    }

    /**
     * Reads a document that must be one object.
     *
     * @param what the document is called in messages ("the body")
     */
    public static Map<String, @Nullable Object> object(MemorySegment utf8, String what, JsonLimits limits) {
        try (JsonStream json = JsonStream.open(utf8, what, limits)) {
            Map<String, @Nullable Object> object = json.object();
            json.end();
            return object;
        }
    }
}
