package dev.tramontane.api.responses;

import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.model.SamplingParameter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The events of one response as JSON texts, numbered from 0 in the order made. A response has one message with one text
 * part. Shapes are those of {@code openai.types.responses} 3.54.
 *
 * <p>Order of calls: {@link #accepted}, {@link #delta} any number of times, then one of {@link #completed},
 * {@link #incomplete}, {@link #cancelled} and {@link #failed}.
 */
public final class ResponseEvents {

    /** An event and the name of its type, which it has in it as well. */
    public record Event(String type, String json) {}

    private final String id;
    private final String itemId;
    private final ResponseCreate create;
    private final String model;
    private final InstantSource clock;
    private final long createdAt;
    private final StringBuilder text = new StringBuilder();
    private Snapshot now = new Snapshot("queued", "", "", "", null);
    private long completedAt;
    private long next;
    private boolean itemOpen;

    /** @param id unguessable, without a prefix */
    public ResponseEvents(String id, ResponseCreate create, String model, InstantSource clock) {
        this.id = "resp_" + id;
        this.itemId = "msg_" + id;
        this.create = create;
        this.model = model;
        this.clock = clock;
        createdAt = clock.instant().getEpochSecond();
    }

    public String id() {
        return id;
    }

    /** The status by now, of {@code openai.types.responses.ResponseStatus}. */
    public String status() {
        return now.status();
    }

    /** The answer so far. */
    public String text() {
        return text.toString();
    }

    /** Characters of it. */
    int textLength() {
        return text.length();
    }

    /** The response as it is now. */
    public byte[] current() {
        return JsonWriter.bytes(this::response);
    }

    /** The request was admitted or queued. One that runs in the background says which: nobody waits for its words. */
    public List<Event> accepted() {
        if (create.delivery().background()) {
            return List.of(lifecycle("response.created"), lifecycle("response.queued"));
        }
        now = IN_PROGRESS;
        return List.of(lifecycle("response.created"), lifecycle("response.in_progress"));
    }

    /** More text, which is not empty; the first opens the message. */
    public List<Event> delta(String more) {
        List<Event> events = new ArrayList<>(4);
        begin(events);
        openItem(events);
        text.append(more);
        events.add(partEvent("response.output_text.delta", json -> {
            json.writeStringProperty("delta", more);
            emptyArray(json, "logprobs");
        }));
        return events;
    }

    /** The model ended its answer. */
    public List<Event> completed(Usage usage) {
        completedAt = clock.instant().getEpochSecond();
        return end("response.completed", new Snapshot("completed", "", "", "", usage));
    }

    /** The prompt has been computed, and nothing else was asked for. */
    public List<Event> prepared(Usage usage) {
        completedAt = clock.instant().getEpochSecond();
        now = new Snapshot("completed", "", "", "", usage);
        return List.of(lifecycle("response.completed"));
    }

    /** Words for the answer under way were taken, and will be used when it has ended. */
    List<Event> steerAccepted(Steer steer) {
        return List.of(event("response.steer.accepted", steer::taken));
    }

    /** The answer ends before the model would have. {@code reason} is a word such as {@code max_output_tokens}. */
    public List<Event> incomplete(String reason, Usage usage) {
        return end("response.incomplete", new Snapshot("incomplete", reason, "", "", usage));
    }

    /** Somebody wanted no more of it. */
    public List<Event> cancelled(Usage usage) {
        return end("response.incomplete", new Snapshot("cancelled", "cancelled", "", "", usage));
    }

    /** The answer cannot go on. {@code code} is one of OpenAI's, such as {@code server_error}. */
    public List<Event> failed(String code, String message) {
        now = new Snapshot("failed", "", code, message, null);
        return List.of(lifecycle("response.failed"));
    }

    private List<Event> end(String type, Snapshot last) {
        List<Event> events = new ArrayList<>(7);
        begin(events);
        openItem(events); // An empty answer is a message too.
        now = last;
        events.add(partEvent("response.output_text.done", json -> {
            json.writeStringProperty("text", text.toString());
            emptyArray(json, "logprobs");
        }));
        events.add(partEvent("response.content_part.done", json -> {
            json.writeName("part");
            outputText(json);
        }));
        events.add(itemEvent("response.output_item.done", itemStatus()));
        events.add(lifecycle(type));
        return events;
    }

    private void begin(List<Event> events) {
        if (now.status().equals("queued")) {
            now = IN_PROGRESS;
            events.add(lifecycle("response.in_progress"));
        }
    }

    /** A message is whole, under way, or it is not whole and stays so. */
    private String itemStatus() {
        return switch (now.status()) {
            case "completed", "in_progress" -> now.status();
            default -> "incomplete";
        };
    }

    private void openItem(List<Event> events) {
        if (!itemOpen) {
            events.add(itemEvent("response.output_item.added", "in_progress"));
            itemOpen = true;
            events.add(partEvent("response.content_part.added", json -> {
                json.writeName("part");
                outputText(json);
            }));
        }
    }

    // ---- shapes

    /**
     * The response at one moment.
     *
     * @param incompleteReason, errorCode, errorMessage empty for none
     */
    private record Snapshot(
            String status,
            String incompleteReason,
            String errorCode,
            String errorMessage,
            @Nullable Usage usage) {}

    private static final Snapshot IN_PROGRESS = new Snapshot("in_progress", "", "", "", null);

    private Event event(String type, JsonWriter.Value fields) {
        byte[] bytes = JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("type", type);
            json.writeNumberProperty("sequence_number", next++);
            fields.write(json);
            json.writeEndObject();
        });
        return new Event(type, new String(bytes, StandardCharsets.UTF_8));
    }

    private Event lifecycle(String type) {
        return event(type, json -> {
            json.writeName("response");
            response(json);
        });
    }

    private Event itemEvent(String type, String status) {
        return event(type, json -> {
            json.writeNumberProperty("output_index", 0);
            json.writeName("item");
            item(json, status);
        });
    }

    private Event partEvent(String type, JsonWriter.Value fields) {
        return event(type, json -> {
            json.writeStringProperty("item_id", itemId);
            json.writeNumberProperty("output_index", 0);
            json.writeNumberProperty("content_index", 0);
            fields.write(json);
        });
    }

    private void response(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("id", id);
        json.writeStringProperty("object", "response");
        json.writeNumberProperty("created_at", createdAt);
        json.writeStringProperty("status", now.status());
        json.writeBooleanProperty("background", create.delivery().background());
        if (now.status().equals("completed")) {
            json.writeNumberProperty("completed_at", completedAt);
        } else {
            json.writeNullProperty("completed_at");
        }
        detail(json, "error", now.errorCode().isEmpty() ? Map.of() : error());
        detail(json, "incomplete_details", reason());
        json.writeStringProperty("instructions", create.instructions());
        if (create.maxOutputTokens() == null) {
            json.writeNullProperty("max_output_tokens");
        } else {
            json.writeNumberProperty("max_output_tokens", create.maxOutputTokens());
        }
        json.writeName("metadata");
        texts(json, create.metadata());
        json.writeStringProperty("model", model);
        json.writeName("output").writeStartArray();
        if (itemOpen) {
            item(json, itemStatus());
        }
        json.writeEndArray();
        json.writeBooleanProperty("parallel_tool_calls", true);
        json.writeStringProperty("previous_response_id", create.talk().previous());
        json.writeBooleanProperty("store", create.delivery().store());
        json.writeNumberProperty("temperature", sampled(SamplingParameter.TEMPERATURE));
        json.writeName("text").writeStartObject();
        detail(json, "format", Map.of("type", "text"));
        json.writeEndObject();
        json.writeStringProperty("tool_choice", "auto");
        emptyArray(json, "tools");
        json.writeNumberProperty("top_p", sampled(SamplingParameter.TOP_P));
        json.writeStringProperty("truncation", "disabled");
        usage(json, now.usage());
        if (!create.ignoredFields().isEmpty()) {
            json.writeName("ignored_fields").writeStartArray();
            create.ignoredFields().forEach(json::writeString);
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    /** As it was computed with: a 32-bit number, in as few digits. */
    private float sampled(SamplingParameter parameter) {
        return (float) create.generation().sampling().value(parameter);
    }

    private void item(JsonGenerator json, String status) {
        json.writeStartObject();
        json.writeStringProperty("id", itemId);
        json.writeStringProperty("type", "message");
        json.writeStringProperty("status", status);
        json.writeStringProperty("role", "assistant");
        json.writeName("content").writeStartArray();
        if (itemOpen) {
            outputText(json);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void outputText(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("type", "output_text");
        json.writeStringProperty("text", text.toString());
        emptyArray(json, "annotations");
        emptyArray(json, "logprobs");
        json.writeEndObject();
    }

    private static void usage(JsonGenerator json, @Nullable Usage usage) {
        if (usage == null) {
            json.writeNullProperty("usage");
            return;
        }
        json.writeName("usage").writeStartObject();
        json.writeNumberProperty("input_tokens", usage.promptTokens());
        json.writeName("input_tokens_details").writeStartObject();
        json.writeNumberProperty("cached_tokens", usage.cachedTokens());
        json.writeNumberProperty("cache_write_tokens", 0);
        json.writeEndObject();
        json.writeNumberProperty("output_tokens", usage.completionTokens());
        json.writeName("output_tokens_details").writeStartObject();
        json.writeNumberProperty("reasoning_tokens", 0);
        json.writeEndObject();
        json.writeNumberProperty("total_tokens", usage.promptTokens() + usage.completionTokens());
        json.writeEndObject();
    }

    private Map<String, String> error() {
        return Map.of("code", now.errorCode(), "message", now.errorMessage());
    }

    private Map<String, String> reason() {
        return now.incompleteReason().isEmpty() ? Map.of() : Map.of("reason", now.incompleteReason());
    }

    /** An object of texts, null when there are none. */
    private static void detail(JsonGenerator json, String name, Map<String, String> texts) {
        if (texts.isEmpty()) {
            json.writeNullProperty(name);
        } else {
            json.writeName(name);
            texts(json, texts);
        }
    }

    private static void texts(JsonGenerator json, Map<String, String> texts) {
        json.writeStartObject();
        texts.forEach(json::writeStringProperty);
        json.writeEndObject();
    }

    private static void emptyArray(JsonGenerator json, String name) {
        json.writeName(name).writeStartArray();
        json.writeEndArray();
    }
}
