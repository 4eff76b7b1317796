package dev.tramontane.api.responses;

import dev.tramontane.generation.AnswerForm;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.structure.Form;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** What a response looks like at one moment, without its items: {@code openai.types.responses.Response} 3.57. Immutable. */
final class ResponseObject {
    private final String bareId;
    private final String id;
    private final ResponseCreate create;
    private final String model;
    private final long createdAt;

    /** @param bareId its id without a prefix */
    ResponseObject(String bareId, ResponseCreate create, String model, long createdAt) {
        this.bareId = bareId;
        this.id = "resp_" + bareId;
        this.create = create;
        this.model = model;
        this.createdAt = createdAt;
    }

    String id() {
        return id;
    }

    String bareId() {
        return bareId;
    }

    String model() {
        return model;
    }

    long createdAt() {
        return createdAt;
    }

    /**
     * @param output its items by now
     */
    void response(JsonGenerator json, ResponseState.Phase now, List<OutputItem> output) {
        json.writeStartObject();
        json.writeStringProperty("id", id);
        json.writeStringProperty("object", "response");
        json.writeNumberProperty("created_at", createdAt);
        json.writeStringProperty("status", now.status());
        json.writeBooleanProperty("background", create.delivery().background());
        if (now.status().equals("completed")) {
            json.writeNumberProperty("completed_at", now.completedAt());
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
        if (create.offer().maxCalls() == null) {
            json.writeNullProperty("max_tool_calls");
        } else {
            json.writeNumberProperty("max_tool_calls", create.offer().maxCalls());
        }
        json.writeName("metadata");
        texts(json, create.metadata());
        json.writeStringProperty("model", model);
        json.writeName("output").writeStartArray();
        for (int i = 0; i < output.size(); i++) {
            OutputItem item = output.get(i);
            item.write(json, item.kind().id(bareId, i), i < output.size() - 1 ? "completed" : now.itemStatus(), true);
        }
        json.writeEndArray();
        json.writeBooleanProperty("parallel_tool_calls", create.offer().parallel());
        json.writeStringProperty("previous_response_id", create.talk().previous());
        json.writeName("reasoning").writeStartObject();
        json.writeStringProperty("effort", create.reasoning().effort());
        json.writeStringProperty("summary", create.reasoning().summary());
        json.writeEndObject();
        json.writeBooleanProperty("store", create.delivery().store());
        json.writeNumberProperty("temperature", sampled(SamplingParameter.TEMPERATURE));
        json.writeName("text").writeStartObject();
        json.writeName("format");
        JsonWriter.tree(json, format(create.generation().form()));
        json.writeEndObject();
        json.writeName("tool_choice");
        JsonWriter.tree(json, create.offer().choice());
        json.writeName("tools");
        JsonWriter.tree(json, create.offer().tools());
        json.writeNumberProperty("top_p", sampled(SamplingParameter.TOP_P));
        json.writeStringProperty("truncation", "disabled");
        usage(json, now.usage());
        if (!create.ignoredFields().isEmpty()) {
            json.writeName("ignored_fields").writeStartArray();
            create.ignoredFields().forEach(json::writeString);
            json.writeEndArray();
        }
        if (now.elsewhere()) {
            writeResume(json, -1);
        }
        json.writeEndObject();
    }

    /**
     * Where a response goes on.
     *
     * @param startingAfter the last event's number; -1 where there are no events
     */
    void writeResume(JsonGenerator json, long startingAfter) {
        String url = ResponseRoutes.PATH + "/" + id;
        json.writeName("resume").writeStartObject();
        json.writeStringProperty("response_id", id);
        if (startingAfter < 0) {
            json.writeStringProperty("url", url);
        } else {
            json.writeNumberProperty("starting_after", startingAfter);
            json.writeStringProperty("url", url + "?stream=true&starting_after=" + startingAfter);
            json.writeName("message").writeStartObject();
            json.writeStringProperty("type", "response.resume");
            json.writeStringProperty("response_id", id);
            json.writeNumberProperty("starting_after", startingAfter);
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** What {@code text.format} asked for; what other fields did is not OpenAI's. */
    private static Map<String, @Nullable Object> format(@Nullable AnswerForm form) {
        if (form == null || !form.field().startsWith("text.format")) {
            return Map.of("type", "text");
        }
        return switch (form.form()) {
            case Form.JsonObject any -> Map.of("type", "json_object");
            case Form.JsonSchema schema -> {
                Map<String, @Nullable Object> format = new LinkedHashMap<>();
                format.put("type", "json_schema");
                format.put("name", form.name());
                format.put("schema", schema.schema());
                format.put("strict", schema.strict());
                yield format;
            }
            default -> Map.of("type", "text");
        };
    }

    /** As it was computed with: a 32-bit number, in as few digits. */
    private float sampled(SamplingParameter parameter) {
        return (float) create.generation().sampling().value(parameter);
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
        json.writeNumberProperty("reasoning_tokens", usage.reasoningTokens());
        json.writeEndObject();
        json.writeNumberProperty("total_tokens", usage.promptTokens() + usage.completionTokens());
        json.writeEndObject();
    }

    private static Map<String, String> error(ResponseState.Phase now) {
        return Map.of("code", now.errorCode(), "message", now.errorMessage());
    }

    private static Map<String, String> reason(ResponseState.Phase now) {
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

    static void emptyArray(JsonGenerator json, String name) {
        json.writeName(name).writeStartArray();
        json.writeEndArray();
    }
}
