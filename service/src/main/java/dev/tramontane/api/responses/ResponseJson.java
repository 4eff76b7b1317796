package dev.tramontane.api.responses;

import dev.tramontane.api.journal.GenerationJson;
import dev.tramontane.api.journal.PastJson;
import dev.tramontane.api.journal.UsageJson;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.Continuation;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.JsonWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** A response as its file has it. What is read is foreign: each field is checked, and refused by name. Any thread. */
record ResponseJson(GenerationJson generations) {
    private static final Pattern ID = Pattern.compile("[0-9a-f]{40,48}");

    private static final Set<String> STATUSES =
            Set.of("queued", "in_progress", "completed", "incomplete", "cancelled", "failed");

    byte[] write(ResponseSnapshot response) {
        return JsonWriter.bytes(json -> {
            json.writeStartObject();
            ResponseState state = response.state();
            json.writeStringProperty("id", state.id());
            json.writeStringProperty("model", state.model());
            json.writeStringProperty("adapter", state.adapter());
            json.writeNumberProperty("created_at", state.createdAt());
            json.writeName("output").writeStartArray();
            state.output().forEach(item -> ItemJson.write(json, item));
            json.writeEndArray();
            json.writeNumberProperty("told", state.told());
            json.writeNumberProperty("thought_tokens", state.thoughtTokens());
            if (state.cachedTokens() != Continuation.UNKNOWN) {
                json.writeNumberProperty("cached_tokens", state.cachedTokens());
            }
            write(json, state.phase());
            write(json, response.create());
            json.writeName("generation");
            generations.write(json, response.create().generation(), response.prompt());
            JsonWriter.ids(json, "answer", response.answer());
            PastJson.write(json, response.events());
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, ResponseState.Phase phase) {
        json.writeName("phase").writeStartObject();
        json.writeStringProperty("status", phase.status());
        json.writeStringProperty("reason", phase.incompleteReason());
        json.writeStringProperty("error_code", phase.errorCode());
        json.writeStringProperty("error_message", phase.errorMessage());
        json.writeNumberProperty("completed_at", phase.completedAt());
        Usage usage = phase.usage();
        if (usage != null) {
            UsageJson.write(json, usage);
        }
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, ResponseCreate create) {
        json.writeName("request").writeStartObject();
        ResponseCreate.Delivery delivery = create.delivery();
        json.writeBooleanProperty("stream", delivery.stream());
        json.writeBooleanProperty("background", delivery.background());
        json.writeStringProperty("previous", create.talk().previous());
        json.writeName("before");
        JsonWriter.tree(json, create.talk().before().messages());
        json.writeName("items").writeStartArray();
        create.talk().items().forEach(item -> ItemJson.write(json, item));
        json.writeEndArray();
        json.writeName("tools");
        JsonWriter.tree(json, create.offer().tools());
        json.writeName("tool_choice");
        JsonWriter.tree(json, create.offer().choice());
        json.writeBooleanProperty("parallel_tool_calls", create.offer().parallel());
        Integer mostCalls = create.offer().maxCalls();
        if (mostCalls != null) {
            json.writeNumberProperty("max_tool_calls", mostCalls);
        }
        json.writeStringProperty("effort", create.reasoning().effort());
        json.writeStringProperty("summary", create.reasoning().summary());
        json.writeStringProperty("instructions", create.instructions());
        Integer most = create.maxOutputTokens();
        if (most != null) {
            json.writeNumberProperty("max_output_tokens", most);
        }
        json.writeName("metadata");
        JsonWriter.tree(json, create.metadata());
        json.writeName("ignored");
        JsonWriter.tree(json, create.ignoredFields());
        json.writeEndObject();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param tenant whose the response is
     * @throws InvalidJsonException naming the field that is wrong
     */
    ResponseSnapshot read(byte[] body, Tenant tenant) {
        try {
            return read(
                    new JsonFields(JsonReader.object(MemorySegment.ofArray(body), "the answer", GenerationJson.LIMITS)),
                    tenant);
        } catch (IllegalArgumentException range) {
            throw new InvalidJsonException("generation", String.valueOf(range.getMessage()));
        }
    }

    private ResponseSnapshot read(JsonFields fields, Tenant tenant) {
        String id = fields.requiredString("id");
        if (!ID.matcher(id).matches()) {
            throw fields.wrong("id", "40 to 48 hexadecimal digits", id);
        }
        String model = fields.requiredString("model");
        String adapter = fields.string("adapter");
        long createdAt = number(fields, "created_at");
        List<OutputItem> output = new ArrayList<>();
        for (JsonFields item : objects(fields, "output")) {
            output.add(ItemJson.readOutput(item));
        }
        int told = fields.integer("told", 0, 0, Integer.MAX_VALUE);
        long thoughtTokens = number(fields, "thought_tokens");
        int cachedTokens = fields.integer("cached_tokens", Continuation.UNKNOWN, 0, Integer.MAX_VALUE);
        ResponseState.Phase phase = phase(fields.requiredObject("phase"));
        JsonFields generation = fields.requiredObject("generation");
        GenerationRequest asked = generations.read(generation, tenant);
        ResponseCreate create = create(fields.requiredObject("request"), asked);
        int[] answer = JsonFields.ids(fields.requiredArray("answer"), "answer");
        PastEvents events = PastJson.read(fields);
        fields.end();
        int[] prompt = ((Prompt.Known) asked.prompt()).ids();
        ResponseState state = new ResponseState(
                id,
                model,
                adapter == null ? "" : adapter, // As files of earlier versions have it.
                createdAt,
                List.copyOf(output),
                told,
                thoughtTokens,
                cachedTokens,
                phase,
                events.next());
        return new ResponseSnapshot(create, state, events, prompt, answer);
    }

    private static ResponseState.Phase phase(JsonFields fields) {
        String status = fields.requiredString("status");
        if (!STATUSES.contains(status)) {
            throw fields.wrong(
                    "status",
                    "one of " + String.join(", ", STATUSES.stream().sorted().toList()),
                    status);
        }
        String reason = fields.requiredString("reason");
        String code = fields.requiredString("error_code");
        String message = fields.requiredString("error_message");
        long completedAt = number(fields, "completed_at");
        Usage counted = UsageJson.read(fields);
        fields.end();
        return new ResponseState.Phase(status, reason, code, message, completedAt, counted, false);
    }

    private static ResponseCreate create(JsonFields fields, GenerationRequest generation) {
        ResponseCreate.Delivery delivery =
                new ResponseCreate.Delivery(fields.flag("stream", false), fields.flag("background", false), true);
        String previous = fields.string("previous");
        List<Map<String, @Nullable Object>> before = new ArrayList<>();
        for (Object message : fields.requiredArray("before")) {
            before.add(ItemJson.readMessage(message, fields.path("before") + "[" + before.size() + "]"));
        }
        List<Item> items = new ArrayList<>();
        for (JsonFields item : objects(fields, "items")) {
            items.add(ItemJson.read(item));
        }
        if (before.isEmpty() && items.isEmpty()) {
            throw JsonFields.wrongAt(fields.path("items"), "an item at least", items);
        }
        Long most = fields.integer("max_output_tokens", 1, Integer.MAX_VALUE);
        ResponseCreate create = new ResponseCreate(
                generation,
                new ResponseCreate.Talk(previous, new Past(before, new int[0]), List.copyOf(items)),
                offer(fields),
                delivery,
                new AskedReasoning(fields.string("effort"), fields.string("summary")),
                fields.string("instructions"),
                most == null ? null : most.intValue(),
                texts(fields, "metadata"),
                strings(fields, "ignored"));
        fields.end();
        return create;
    }

    private static Offer offer(JsonFields fields) {
        List<Map<String, @Nullable Object>> tools = new ArrayList<>();
        for (JsonFields tool : objects(fields, "tools")) {
            tools.add(tool.rest());
        }
        Object choice = fields.value("tool_choice");
        if (!(choice instanceof String) && !(choice instanceof Map)) {
            throw JsonFields.wrongAt(fields.path("tool_choice"), "a word or an object", choice);
        }
        return new Offer(tools, choice, fields.flag("parallel_tool_calls", true), Offer.maxCalls(fields));
    }

    private static List<JsonFields> objects(JsonFields fields, String name) {
        List<@Nullable Object> given = fields.requiredArray(name);
        List<JsonFields> objects = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            objects.add(fields.inner(given.get(i), fields.path(name) + "[" + i + "]"));
        }
        return objects;
    }

    private static Map<String, String> texts(JsonFields fields, String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        fields.requiredObject(name)
                .rest()
                .forEach((key, value) -> texts.put(key, JsonFields.string(value, fields.path(name) + "." + key)));
        return texts;
    }

    private static List<String> strings(JsonFields fields, String name) {
        List<String> strings = new ArrayList<>();
        for (Object value : fields.requiredArray(name)) {
            strings.add(JsonFields.string(value, fields.path(name)));
        }
        return strings;
    }

    private static long number(JsonFields fields, String name) {
        Long number = fields.integer(name, 0, Long.MAX_VALUE);
        if (number == null) {
            throw fields.missing(name);
        }
        return number;
    }
}
