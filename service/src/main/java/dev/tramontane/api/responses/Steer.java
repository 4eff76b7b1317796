package dev.tramontane.api.responses;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * A user's words for an answer under way. Immutable.
 *
 * @param id by which the server's events speak of it; empty until it is taken
 * @param responseId of the answer
 * @param input as it came, to be given back when it cannot be used
 * @param items the same, read; empty when it is wrong
 */
public record Steer(String id, String responseId, @Nullable Object input, List<Item> items) {

    /**
     * Reads the words.
     *
     * @param most messages
     * @throws InvalidJsonException naming what is wrong with them
     */
    public static Steer read(String responseId, JsonFields fields, int most) {
        Object input = fields.value("input");
        List<Item> items = InputItems.read(fields, most, History.NONE);
        for (int i = 0; i < items.size(); i++) {
            if (!(items.get(i) instanceof Item.Message message)
                    || !message.role().equals("user")
                    || !message.more().isEmpty()) {
                throw new InvalidJsonException(
                        "input[" + i + "]",
                        "an answer is steered by messages of the user, which have a type, a role and a content");
            }
        }
        if (items.stream().allMatch(item -> item instanceof Item.Message message && isBlank(message.content()))) {
            throw new InvalidJsonException("input", "input has no words to steer with");
        }
        return new Steer("", responseId, input, items);
    }

    private static boolean isBlank(Object content) {
        return content instanceof List<?> parts
                ? parts.stream()
                        .allMatch(part ->
                                String.valueOf(((Map<?, ?>) part).get("text")).isBlank())
                : String.valueOf(content).isBlank();
    }

    /** The same with a name of its own. */
    public Steer named(String name) {
        return new Steer("steer_" + name, responseId, input, items);
    }

    /**
     * The event of a refusal.
     *
     * @param number how many events its answer has had; 0 where it is none of ours
     */
    public String failed(long number, String code, String message) {
        byte[] bytes = JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("type", "response.steer.failed");
            json.writeNumberProperty("sequence_number", number);
            failed(json, code, message);
            json.writeEndObject();
        });
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /**
     * The event that says that it waits for what tools say.
     *
     * @param number how many events its answer has had
     * @param calls that wait for it
     */
    public String pending(long number, List<Item.Call> calls) {
        byte[] bytes = JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("type", "response.steer.pending");
            json.writeNumberProperty("sequence_number", number);
            json.writeStringProperty("reason", "waiting_for_required_input");
            json.writeName("required_input").writeStartArray();
            for (Item.Call call : calls) {
                json.writeStartObject();
                json.writeStringProperty("type", "function_call_output");
                json.writeStringProperty("call_id", call.id());
                json.writeStringProperty("name", call.name());
                json.writeEndObject();
            }
            json.writeEndArray();
            taken(json);
            json.writeEndObject();
        });
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Bytes of heap that it takes: an estimate from above. */
    public long weight() {
        return 2 * items.stream().mapToLong(Item::weight).sum(); // As it came, too.
    }

    void taken(JsonGenerator json) {
        json.writeName("steer").writeStartObject();
        json.writeStringProperty("id", id);
        json.writeStringProperty("previous_response_id", responseId);
        json.writeEndObject();
    }

    private void failed(JsonGenerator json, String code, String message) {
        json.writeName("error").writeStartObject();
        json.writeStringProperty("type", "invalid_request_error");
        json.writeStringProperty("code", code);
        json.writeStringProperty("message", message);
        json.writeEndObject();
        json.writeName("steer").writeStartObject();
        if (!id.isEmpty()) {
            json.writeStringProperty("id", id);
        }
        json.writeStringProperty("previous_response_id", responseId);
        json.writeName("input");
        JsonWriter.tree(json, input);
        json.writeEndObject();
    }
}
