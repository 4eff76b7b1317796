package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a template shows tool calls.
 *
 * @param silence the content that an assistant's turn has beside calls when it has no words: an empty text, or null for
 *     templates that look for calls only then
 * @param spelled whether arguments are given as JSON text, else as the object that it spells
 * @param values whether JSON that is no object is shown as a value, where arguments are given as objects
 * @param texts whether a text is shown, where arguments are given as objects
 * @param inContent whether the template shows no calls, so that they are written into the content
 */
record CallForm(@Nullable String silence, boolean spelled, boolean values, boolean texts, boolean inContent) {

    /** Under this name stands what a model wrote in place of an object, for templates that show nothing else. */
    private static final String ONLY = "arguments";

    /**
     * The calls of a message with arguments in the template's form.
     *
     * @param calls as in messages; arguments are a text as the model wrote it, or an object
     * @param plain whether all that is no object becomes one: the last resort
     */
    List<@Nullable Object> fit(List<?> calls, boolean plain) {
        List<@Nullable Object> fitted = new ArrayList<>(calls.size());
        for (Object each : calls) {
            if (each instanceof Map<?, ?> call && call.get("function") instanceof Map<?, ?> function) {
                Map<Object, @Nullable Object> named = new LinkedHashMap<>(function);
                named.put("arguments", arguments(function.get("arguments"), plain));
                Map<Object, @Nullable Object> copy = new LinkedHashMap<>(call);
                copy.put("function", named);
                fitted.add(copy);
            } else {
                fitted.add(each);
            }
        }
        return fitted;
    }

    /**
     * The content with the calls behind it as text, one line of JSON each: for templates that know no calls, whose models
     * would have written them so.
     */
    static Object written(@Nullable Object content, List<?> calls) {
        List<String> lines = new ArrayList<>(calls.size());
        for (Object each : calls) {
            if (each instanceof Map<?, ?> call && call.get("function") instanceof Map<?, ?> function) {
                Object arguments = function.get("arguments");
                Map<String, @Nullable Object> shown = new LinkedHashMap<>();
                shown.put("name", function.get("name"));
                shown.put("arguments", arguments instanceof String text ? MistralTurn.value(text) : arguments);
                lines.add(PythonJson.dumps(shown));
            }
        }
        String text = String.join("\n", lines);
        return switch (content) {
            case String words when !words.isEmpty() -> words + "\n" + text;
            case List<?> parts -> {
                List<@Nullable Object> more = new ArrayList<>(parts);
                more.add(Map.of("type", "text", "text", text));
                yield more;
            }
            case null, default -> text;
        };
    }

    private @Nullable Object arguments(@Nullable Object given, boolean plain) {
        if (!(given instanceof String text)) {
            return spelled && given != null ? PythonJson.dumps(given) : given;
        }
        if (spelled) {
            return text.isEmpty() ? "{}" : text;
        }
        Object value = MistralTurn.value(text);
        boolean shown = value instanceof Map || (!plain && (value instanceof String ? texts : values));
        if (shown) {
            return value;
        }
        return texts && !plain ? text : Map.of(ONLY, text);
    }

    /** Whether some call's arguments are no object, so that a template might fail on them. */
    static boolean hasOddArguments(Map<String, @Nullable Object> message) {
        return message.get("tool_calls") instanceof List<?> calls
                && calls.stream()
                        .anyMatch(each -> each instanceof Map<?, ?> call
                                && call.get("function") instanceof Map<?, ?> function
                                && function.get("arguments") instanceof String text
                                && !(MistralTurn.value(text) instanceof Map));
    }
}
