package dev.tramontane.json;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes JSON as UTF-8 bytes. */
public final class JsonWriter {
    private static final JsonFactory FACTORY = new JsonFactory();

    /** Stands for minus infinity, as in OpenAI's log-probabilities: JSON has no infinities. */
    private static final float LEAST_LOGPROB = -9999f;

    private JsonWriter() {}

    /** What writes one value. */
    @FunctionalInterface
    public interface Value {
        void write(JsonGenerator json);
    }

    /** The value as bytes, between {@code before} and {@code after}. */
    public static byte[] framed(byte[] before, Value value, byte[] after) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        out.writeBytes(before);
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            value.write(json);
        }
        out.writeBytes(after);
        return out.toByteArray();
    }

    /** The value as bytes. */
    public static byte[] bytes(Value value) {
        return framed(new byte[0], value, new byte[0]);
    }

    /** A text as JSON, quotes around it. */
    public static String quoted(String text) {
        return new String(bytes(json -> json.writeString(text)), StandardCharsets.UTF_8);
    }

    /** A value as {@link JsonReader} gives it, which bounds its depth. */
    public static void tree(JsonGenerator json, @Nullable Object value) {
        switch (value) {
            case null -> json.writeNull();
            case String text -> json.writeString(text);
            case Boolean flag -> json.writeBoolean(flag);
            case Long whole -> json.writeNumber(whole);
            case BigInteger large -> json.writeNumber(large);
            case Double number -> json.writeNumber(number);
            case List<?> list -> {
                json.writeStartArray();
                list.forEach(element -> tree(json, element));
                json.writeEndArray();
            }
            case Map<?, ?> object -> {
                json.writeStartObject();
                object.forEach((name, member) -> {
                    json.writeName((String) name);
                    tree(json, member);
                });
                json.writeEndObject();
            }
            default -> throw new IllegalArgumentException("no JSON value: " + value.getClass());
        }
    }

    /** Token ids. */
    public static void ids(JsonGenerator json, String name, int[] ids) {
        json.writeName(name).writeStartArray();
        for (int id : ids) {
            json.writeNumber(id);
        }
        json.writeEndArray();
    }

    /** A log-probability; NaN, where there is none, becomes null. */
    public static void logprob(JsonGenerator json, float logprob) {
        if (Float.isNaN(logprob)) {
            json.writeNull();
        } else {
            json.writeNumber(Math.max(logprob, LEAST_LOGPROB));
        }
    }
}
