package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.api.journal.UsageJson;
import dev.tramontane.generation.Continuation;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** What has been told of one answer as JSON. */
final class ToldJson {
    private ToldJson() {}

    static void write(JsonGenerator json, ToldChoice choice) {
        json.writeStartObject();
        JsonWriter.ids(json, "tokens", choice.tokens());
        json.writeNumberProperty("code_points", choice.codePoints());
        if (choice.cachedTokens() != Continuation.UNKNOWN) {
            json.writeNumberProperty("cached_tokens", choice.cachedTokens());
        }
        json.writeNumberProperty("thought_tokens", choice.thoughtTokens());
        json.writeName("outline").writeStartArray();
        choice.outline().forEach(part -> write(json, part));
        json.writeEndArray();
        Finished end = choice.end();
        if (end != null) {
            json.writeName("end").writeStartObject();
            json.writeStringProperty("reason", end.reason().name());
            UsageJson.write(json, end.usage());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, AnswerPart part) {
        json.writeStartObject();
        switch (part) {
            case AnswerPart.Words words -> json.writeStringProperty("kind", "words");
            case AnswerPart.Thought thought -> json.writeStringProperty("kind", "thought");
            case AnswerPart.CallBegun(int index, String id, String name) -> {
                json.writeStringProperty("kind", "call");
                json.writeNumberProperty("index", index);
                json.writeStringProperty("id", id);
                json.writeStringProperty("name", name);
            }
            case AnswerPart.CallText(int index, String text) -> {
                json.writeStringProperty("kind", "arguments");
                json.writeNumberProperty("index", index);
            }
        }
        json.writeEndObject();
    }

    /**
     * Reads what {@link #write(JsonGenerator, ToldChoice)} wrote.
     *
     * @param index of the answer
     * @throws InvalidJsonException naming the field that is wrong
     */
    static ToldChoice read(JsonFields fields, int index) {
        int[] tokens = JsonFields.ids(fields.requiredArray("tokens"), fields.path("tokens"));
        int codePoints = fields.integer("code_points", 0, 0, Integer.MAX_VALUE);
        int cachedTokens = fields.integer("cached_tokens", Continuation.UNKNOWN, 0, Integer.MAX_VALUE);
        int thoughtTokens = fields.integer("thought_tokens", 0, 0, Integer.MAX_VALUE);
        List<AnswerPart> outline = new ArrayList<>();
        List<@Nullable Object> parts = fields.requiredArray("outline");
        for (int i = 0; i < parts.size(); i++) {
            outline.add(part(fields.inner(parts.get(i), fields.path("outline") + "[" + i + "]")));
        }
        JsonFields end = fields.object("end");
        Finished finished = end == null ? null : end(end, index);
        fields.end();
        return new ToldChoice(tokens, codePoints, cachedTokens, thoughtTokens, outline, finished);
    }

    private static AnswerPart part(JsonFields fields) {
        String kind = fields.requiredString("kind");
        AnswerPart part = switch (kind) {
            case "words" -> new AnswerPart.Words("");
            case "thought" -> new AnswerPart.Thought("");
            case "call" ->
                new AnswerPart.CallBegun(index(fields), fields.requiredString("id"), fields.requiredString("name"));
            case "arguments" -> new AnswerPart.CallText(index(fields), "");
            default -> throw fields.wrong("kind", "words, thought, call or arguments", kind);
        };
        fields.end();
        return part;
    }

    private static int index(JsonFields fields) {
        return fields.integer("index", 0, 0, Integer.MAX_VALUE);
    }

    private static Finished end(JsonFields fields, int index) {
        String given = fields.requiredString("reason");
        Reason reason = Arrays.stream(Reason.values())
                .filter(each -> each.name().equals(given))
                .findFirst()
                .orElseThrow(() -> fields.wrong("reason", "one of " + Arrays.toString(Reason.values()), given));
        Usage usage = UsageJson.read(fields);
        if (usage == null) {
            throw fields.missing("usage");
        }
        fields.end();
        return new Finished(index, reason, "", usage); // No chunk names the stop string.
    }
}
