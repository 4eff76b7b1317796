package dev.tramontane.api.openai;

import dev.tramontane.engine.Speculation;
import dev.tramontane.engine.Speculation.Method;
import dev.tramontane.generation.Guessing;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields that say whether tokens are guessed ahead: {@code speculation}, as vLLM's and llama.cpp's servers have it as a setting, Hugging Face's
 * and llama.cpp's own numbers, and OpenAI's {@code prediction}. No protocol but OpenAI's has the last.
 */
public final class GuessingFields {
    private static final String SPECULATION = "speculation";
    private static final List<String> METHODS =
            Arrays.stream(Method.values()).map(Method::word).toList();
    private static final String PREDICTION = "prediction";
    private static final String LOOK_UP = "prompt_lookup_num_tokens";
    private static final String MOST = "speculative.n_max";

    /** How the field is described, wherever it is read. */
    static final RequestField FIELD = RequestField.honoured(
            SPECULATION,
            schema(),
            "whether tokens are guessed ahead, where from, and how many; the answer is the same: docs/speculation.md");

    /** Of chats. */
    static final List<RequestField> OF_CHATS = List.of(
            FIELD,
            RequestField.honoured(
                            PREDICTION,
                            JsonSchema.object(),
                            "type content, and a text that the answer is expected to be much like: it comes sooner, and is"
                                    + " the same")
                    .at(RequestField.Endpoint.CHAT),
            RequestField.honoured(
                    LOOK_UP,
                    JsonSchema.whole(1, Speculation.MOST),
                    "speculation by look-up with so many tokens, as Hugging Face calls it"),
            RequestField.honoured(
                    MOST,
                    JsonSchema.whole(0, Speculation.MOST),
                    "tokens that are guessed at a time, as llama.cpp calls it; 0 for none"));

    private GuessingFields() {}

    private static Map<String, Object> schema() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("method", JsonSchema.among(List.copyOf(METHODS)));
        properties.put("tokens", JsonSchema.whole(1, Speculation.MOST));
        Map<String, Object> schema = JsonSchema.object();
        schema.put("properties", properties);
        schema.put("additionalProperties", false);
        return schema;
    }

    /** Takes {@code speculation}; null where nothing is said. */
    public static @Nullable Guessing read(JsonFields fields) {
        JsonFields object = fields.object(SPECULATION);
        if (object == null) {
            return null;
        }
        String word = object.string("method");
        Method method = word == null ? Method.AUTO : Method.of(word);
        if (method == null) {
            throw object.wrong("method", "one of " + String.join(", ", METHODS), String.valueOf(word));
        }
        int tokens = object.integer("tokens", Speculation.USUAL, 1, Speculation.MOST);
        object.end();
        return new Guessing(method, tokens, "");
    }

    /** All of them. */
    static @Nullable Guessing readAll(JsonFields fields) {
        Guessing said = read(fields);
        Long lookUp = fields.integer(LOOK_UP, 1, Speculation.MOST);
        Long most = fields.integer(MOST, 0, Speculation.MOST);
        List<String> given = new ArrayList<>();
        if (said != null) {
            given.add(SPECULATION);
        }
        if (lookUp != null) {
            given.add(LOOK_UP);
            said = new Guessing(Method.LOOKUP, lookUp.intValue(), "");
        }
        if (most != null) {
            given.add(MOST);
            said = most == 0
                    ? new Guessing(Method.OFF, Speculation.USUAL, "")
                    : new Guessing(Method.AUTO, most.intValue(), "");
        }
        if (given.size() > 1) {
            throw new InvalidJsonException(
                    given.getLast(), String.join(" and ", given) + " say the same; send one of them");
        }
        return said;
    }

    /**
     * With the text that a chat's client expects.
     *
     * @param said besides; null for nothing
     */
    static @Nullable Guessing expecting(JsonFields fields, @Nullable Guessing said) {
        JsonFields prediction = fields.object(PREDICTION);
        if (prediction == null) {
            return said;
        }
        String type = prediction.requiredString("type");
        if (!type.equals("content")) {
            throw prediction.wrong("type", "\"content\"", type);
        }
        String text = text(prediction);
        prediction.end();
        return said == null
                ? new Guessing(Method.LOOKUP, Speculation.MOST, text)
                : new Guessing(said.method(), said.tokens(), text);
    }

    private static String text(JsonFields prediction) {
        String name = "content";
        Object content = prediction.value(name);
        return switch (content) {
            case null -> throw prediction.missing(name);
            case String text -> text;
            case List<?> parts -> parts(parts, prediction.path(name), prediction);
            default -> throw prediction.wrong(name, "a text, or parts of type text", content);
        };
    }

    private static String parts(List<?> parts, String path, JsonFields prediction) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            JsonFields part = prediction.inner(parts.get(i), path + "[" + i + "]");
            String type = part.requiredString("type");
            if (!type.equals("text")) {
                throw part.wrong("type", "\"text\"", type);
            }
            text.append(part.requiredString("text"));
            part.end();
        }
        return text.toString();
    }
}
