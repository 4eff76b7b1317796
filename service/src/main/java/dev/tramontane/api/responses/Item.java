package dev.tramontane.api.responses;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * A message of a conversation as it was sent.
 *
 * @param role user, assistant, system or developer
 * @param content a text, or a list of parts with "type" and "text"
 * @param more fields that only the chat layout knows
 */
public record Item(String role, Object content, Map<String, @Nullable Object> more) {
    /** A message's objects, beside its text. */
    private static final long BASE = 256;

    static Item user(String text) {
        return new Item("user", text, Map.of());
    }

    static Item assistant(String text) {
        return new Item("assistant", text, Map.of());
    }

    /** Bytes of heap that it takes: an estimate from above. */
    long weight() {
        long bytes = BASE;
        for (String text : texts()) {
            bytes += 2L * text.length();
        }
        return bytes;
    }

    /** Its parts. */
    private List<String> texts() {
        if (!(content instanceof List<?> parts)) {
            return List.of((String) content);
        }
        return parts.stream()
                .map(part -> String.valueOf(((Map<?, ?>) part).get("text")))
                .toList();
    }

    /** As a chat layout takes it. */
    Map<String, @Nullable Object> message() {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role.equals("developer") ? "system" : role);
        message.put("content", content);
        message.putAll(more);
        return message;
    }

    /** A part of a content. */
    static Map<String, @Nullable Object> part(String text) {
        Map<String, @Nullable Object> part = new LinkedHashMap<>();
        part.put("type", "text");
        part.put("text", text);
        return part;
    }

    /** As {@code openai.types.responses.ResponseItem}. */
    void write(JsonGenerator json, String id) {
        boolean answer = role.equals("assistant");
        json.writeStartObject();
        json.writeStringProperty("id", id);
        json.writeStringProperty("type", "message");
        json.writeStringProperty("status", "completed");
        json.writeStringProperty("role", role);
        json.writeName("content").writeStartArray();
        for (String text : texts()) {
            json.writeStartObject();
            json.writeStringProperty("type", answer ? "output_text" : "input_text");
            json.writeStringProperty("text", text);
            if (answer) {
                json.writeName("annotations").writeStartArray().writeEndArray();
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
