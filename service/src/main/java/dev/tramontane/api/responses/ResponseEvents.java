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
 * {@link #incomplete} and {@link #failed}.
 */
public final class ResponseEvents {
    private final String id;
    private final String itemId;
    private final ResponseCreate create;
    private final String model;
    private final InstantSource clock;
    private final long createdAt;
    private final StringBuilder text = new StringBuilder();
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

    /** The request was admitted or queued. */
    public List<String> accepted() {
        Snapshot now = new Snapshot("in_progress", "", "", "", null);
        return List.of(lifecycle("response.created", now), lifecycle("response.in_progress", now));
    }

    /** More text, which is not empty; the first opens the message. */
    public List<String> delta(String more) {
        List<String> events = new ArrayList<>(3);
        openItem(events);
        text.append(more);
        events.add(partEvent("response.output_text.delta", json -> {
            json.writeStringProperty("delta", more);
            emptyArray(json, "logprobs");
        }));
        return events;
    }

    /** The model ended its answer. */
    public List<String> completed(Usage usage) {
        return end(new Snapshot("completed", "", "", "", usage));
    }

    /** The answer ends before the model would have. {@code reason} is {@code max_output_tokens} or {@code cancelled}. */
    public List<String> incomplete(String reason, Usage usage) {
        return end(new Snapshot("incomplete", reason, "", "", usage));
    }

    /** The answer cannot go on. {@code code} is one of OpenAI's, such as {@code server_error}. */
    public List<String> failed(String code, String message) {
        return List.of(lifecycle("response.failed", new Snapshot("failed", "", code, message, null)));
    }

    private List<String> end(Snapshot last) {
        List<String> events = new ArrayList<>(6);
        openItem(events); // An empty answer is a message too.
        events.add(partEvent("response.output_text.done", json -> {
            json.writeStringProperty("text", text.toString());
            emptyArray(json, "logprobs");
        }));
        events.add(partEvent("response.content_part.done", json -> {
            json.writeName("part");
            outputText(json);
        }));
        events.add(itemEvent("response.output_item.done", last.status()));
        events.add(lifecycle("response." + last.status(), last));
        return events;
    }

    private void openItem(List<String> events) {
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

    private String event(String type, JsonWriter.Value fields) {
        byte[] bytes = JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("type", type);
            json.writeNumberProperty("sequence_number", next++);
            fields.write(json);
            json.writeEndObject();
        });
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String lifecycle(String type, Snapshot snapshot) {
        return event(type, json -> {
            json.writeName("response");
            response(json, snapshot);
        });
    }

    private String itemEvent(String type, String status) {
        return event(type, json -> {
            json.writeNumberProperty("output_index", 0);
            json.writeName("item");
            item(json, status);
        });
    }

    private String partEvent(String type, JsonWriter.Value fields) {
        return event(type, json -> {
            json.writeStringProperty("item_id", itemId);
            json.writeNumberProperty("output_index", 0);
            json.writeNumberProperty("content_index", 0);
            fields.write(json);
        });
    }

    private void response(JsonGenerator json, Snapshot now) {
        json.writeStartObject();
        json.writeStringProperty("id", id);
        json.writeStringProperty("object", "response");
        json.writeNumberProperty("created_at", createdAt);
        json.writeStringProperty("status", now.status());
        json.writeBooleanProperty("background", false);
        if (now.status().equals("completed")) {
            json.writeNumberProperty("completed_at", clock.instant().getEpochSecond());
        } else {
            json.writeNullProperty("completed_at");
        }
        detail(json, "error", now.errorCode().isEmpty() ? Map.of() : error(now));
        detail(json, "incomplete_details", reason(now));
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
            item(json, now.status().equals("failed") ? "incomplete" : now.status());
        }
        json.writeEndArray();
        json.writeBooleanProperty("parallel_tool_calls", true);
        json.writeNullProperty("previous_response_id");
        json.writeBooleanProperty("store", false);
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

    private static Map<String, String> error(Snapshot now) {
        return Map.of("code", now.errorCode(), "message", now.errorMessage());
    }

    private static Map<String, String> reason(Snapshot now) {
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
