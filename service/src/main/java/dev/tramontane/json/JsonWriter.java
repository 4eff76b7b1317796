package dev.tramontane.json;

import java.io.ByteArrayOutputStream;
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

    /** A log-probability; NaN, where there is none, becomes null. */
    public static void logprob(JsonGenerator json, float logprob) {
        if (Float.isNaN(logprob)) {
            json.writeNull();
        } else {
            json.writeNumber(Math.max(logprob, LEAST_LOGPROB));
        }
    }
}
