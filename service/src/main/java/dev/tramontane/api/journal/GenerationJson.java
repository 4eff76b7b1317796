package dev.tramontane.api.journal;

import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.Tools;
import dev.tramontane.engine.Speculation;
import dev.tramontane.engine.Tenant;
import dev.tramontane.engine.Urgency;
import dev.tramontane.generation.AnswerForm;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Guessing;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonLimits;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * A request for text as JSON, with its prompt as token ids: all that decides what follows. For whom it is does not stand in it:
 * whoever asks for the answer is that, or would not find it. Immutable; any thread.
 *
 * @param clock of deadlines in files
 * @param nanoClock of deadlines in requests
 */
public record GenerationJson(InstantSource clock, LongSupplier nanoClock) {
    /**
     * Of a file that has such requests, which are nested deeper in it than they came. Names are as long as a request's, and the
     * file's bytes are limited where it is read.
     */
    public static final JsonLimits LIMITS =
            new JsonLimits(Integer.MAX_VALUE, 80, 1024, Integer.MAX_VALUE, Long.MAX_VALUE);

    /** Ids that a request may name, and more than any has. */
    private static final int MOST_CHOICES = 1024;

    private static final int MOST_TOPS = 20;

    /** By the clock that files and processes share. */
    public GenerationJson(InstantSource clock) {
        this(clock, System::nanoTime);
    }

    /** @param prompt what the request's prompt became */
    public void write(JsonGenerator json, GenerationRequest request, int[] prompt) {
        json.writeStartObject();
        JsonWriter.ids(json, "prompt", prompt);
        Tools tools = request.prompt().tools();
        if (tools != null) { // As a conversation that offers none has, too.
            json.writeName("tools");
            JsonWriter.tree(json, tools.parameters());
        }
        json.writeNumberProperty("choices", request.choices());
        if (request.maxTokens().isPresent()) {
            json.writeNumberProperty("max_tokens", request.maxTokens().getAsInt());
        }
        json.writeBooleanProperty("show_control", request.showControl());
        json.writeNumberProperty("tops", request.tops());
        json.writeStringProperty("salt", request.tenant().salt());
        json.writeNumberProperty("priority", request.urgency().priority());
        request.urgency().deadlineNanos().ifPresent(deadline -> {
            long left = (deadline - nanoClock.getAsLong()) / 1_000_000;
            json.writeNumberProperty("deadline_millis", clock.millis() + left);
        });
        write(json, request.stops());
        write(json, request.sampling());
        FormJson.write(json, request.form());
        CallsJson.write(json, request.calls());
        Guessing guessing = request.guessing();
        if (guessing != null) {
            json.writeName("guessing").writeStartObject();
            json.writeStringProperty("method", guessing.method().word());
            json.writeNumberProperty("tokens", guessing.tokens());
            json.writeStringProperty("expected", guessing.expected());
            json.writeEndObject();
        }
        request.thinking().ifPresent(tokens -> json.writeNumberProperty("thinking_tokens", tokens));
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, StopRules stops) {
        json.writeName("stops").writeStartObject();
        json.writeNumberProperty("min_tokens", stops.minTokens());
        json.writeName("strings").writeStartArray();
        stops.strings().forEach(json::writeString);
        json.writeEndArray();
        json.writeBooleanProperty("include_string", stops.includeString());
        JsonWriter.ids(json, "tokens", sorted(stops.tokens()));
        json.writeBooleanProperty("ignore_end", stops.ignoreEnd());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Sampling sampling) {
        json.writeName("sampling").writeStartObject();
        for (SamplingParameter parameter : SamplingParameter.values()) {
            json.writeNumberProperty(parameter.wireName(), sampling.value(parameter));
        }
        json.writeNumberProperty("seed", sampling.seed());
        JsonWriter.ids(json, "allowed", sorted(sampling.allowed()));
        json.writeName("bias").writeStartArray();
        for (Map.Entry<Integer, Float> addition : sampling.bias().entrySet()) {
            json.writeStartArray();
            json.writeNumber((int) addition.getKey());
            json.writeNumber((float) addition.getValue());
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws InvalidJsonException naming the field that is wrong
     * @throws IllegalArgumentException for a value out of its range
     */
    public GenerationRequest read(JsonFields fields, Tenant tenant) {
        int[] prompt = JsonFields.ids(fields.requiredArray("prompt"), fields.path("prompt"));
        JsonFields tools = fields.object("tools");
        Long maxTokens = fields.integer("max_tokens", 0, Integer.MAX_VALUE);
        String salt = fields.requiredString("salt");
        GenerationRequest request = new GenerationRequest(
                tools == null ? new Prompt.Ids(prompt) : new Prompt.LaidOut(prompt, tools(tools)),
                fields.integer("choices", 1, 1, MOST_CHOICES),
                maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens.intValue()),
                stops(fields.requiredObject("stops")),
                sampling(fields.requiredObject("sampling")),
                fields.flag("show_control", false),
                fields.integer("tops", -1, -1, MOST_TOPS),
                -1); // The prompt was scored where the answer began.
        Urgency urgency = new Urgency(
                fields.integer("priority", 0, -Urgency.MOST_PRIORITY, Urgency.MOST_PRIORITY), deadline(fields));
        AnswerForm form = FormJson.read(fields.object("form"));
        CallRules calls = CallsJson.read(fields.object("calls"));
        Guessing guessing = guessing(fields.object("guessing"));
        Long thinking = fields.integer("thinking_tokens", 0, Integer.MAX_VALUE);
        fields.end();
        return request.of(salt.isEmpty() ? tenant : tenant.salted(salt))
                .when(urgency)
                .formed(form)
                .calling(calls)
                .guessed(guessing)
                .thinkingAtMost(thinking == null ? OptionalInt.empty() : OptionalInt.of(thinking.intValue()));
    }

    private static @Nullable Guessing guessing(@Nullable JsonFields fields) {
        if (fields == null) {
            return null;
        }
        String word = fields.requiredString("method");
        Speculation.Method method = Speculation.Method.of(word);
        if (method == null) {
            throw fields.wrong("method", "a way to guess tokens", word);
        }
        String expected = fields.string("expected");
        Guessing guessing = new Guessing(
                method,
                fields.integer("tokens", Speculation.USUAL, 1, Speculation.MOST),
                expected == null ? "" : expected);
        fields.end();
        return guessing;
    }

    private static Tools tools(JsonFields fields) {
        Map<String, Map<String, @Nullable Object>> tools = new LinkedHashMap<>();
        fields.rest()
                .forEach((name, schema) ->
                        tools.put(name, JsonFields.object(schema, fields.path("tools") + "." + name)));
        return new Tools(tools);
    }

    private OptionalLong deadline(JsonFields fields) {
        Long deadline = fields.integer("deadline_millis", 0, Long.MAX_VALUE / 4_000_000);
        return deadline == null
                ? OptionalLong.empty()
                : OptionalLong.of(nanoClock.getAsLong() + (deadline - clock.millis()) * 1_000_000);
    }

    private static StopRules stops(JsonFields fields) {
        List<@Nullable Object> given = fields.requiredArray("strings");
        List<String> strings = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            String path = fields.path("strings") + "[" + i + "]";
            String string = JsonFields.string(given.get(i), path);
            if (string.isEmpty()) {
                throw JsonFields.wrongAt(path, "a text that is not empty", string);
            }
            strings.add(string);
        }
        StopRules stops = new StopRules(
                fields.integer("min_tokens", 0, 0, Integer.MAX_VALUE),
                strings,
                fields.flag("include_string", false),
                set(fields, "tokens"),
                fields.flag("ignore_end", false));
        fields.end();
        return stops;
    }

    private static Sampling sampling(JsonFields fields) {
        Sampling sampling = Sampling.NEUTRAL;
        for (SamplingParameter parameter : SamplingParameter.values()) {
            String name = parameter.wireName();
            sampling = sampling.with(
                    parameter,
                    JsonFields.number(fields.value(name), fields.path(name), -Double.MAX_VALUE, Double.MAX_VALUE));
        }
        Long seed = fields.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        if (seed == null) {
            throw fields.missing("seed");
        }
        sampling = sampling.withSeed(seed).withAllowed(set(fields, "allowed")).withBias(bias(fields));
        fields.end();
        return sampling;
    }

    private static Map<Integer, Float> bias(JsonFields fields) {
        Map<Integer, Float> bias = new HashMap<>();
        List<@Nullable Object> given = fields.requiredArray("bias");
        for (int i = 0; i < given.size(); i++) {
            String path = fields.path("bias") + "[" + i + "]";
            List<@Nullable Object> pair = JsonFields.array(given.get(i), path);
            if (pair.size() != 2) {
                throw JsonFields.wrongAt(path, "an id and a number", pair);
            }
            bias.put((int) JsonFields.integer(pair.getFirst(), path + "[0]", 0, Integer.MAX_VALUE), (float)
                    JsonFields.number(pair.getLast(), path + "[1]", -Float.MAX_VALUE, Float.MAX_VALUE));
        }
        return bias;
    }

    private static int[] sorted(Set<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).sorted().toArray();
    }

    private static Set<Integer> set(JsonFields fields, String name) {
        Set<Integer> ids = new HashSet<>();
        for (int id : JsonFields.ids(fields.requiredArray(name), fields.path(name))) {
            ids.add(id);
        }
        return ids;
    }
}
