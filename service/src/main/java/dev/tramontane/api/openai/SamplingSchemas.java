package dev.tramontane.api.openai;

import dev.tramontane.api.RequestLimits;
import java.util.List;
import java.util.Map;

/**
 * The forms of fields that both tables have. In neither of them: {@link RequestFields} takes in {@link ResponseFields}, and
 * tables that needed each other would fail for good, whichever is wanted first.
 */
final class SamplingSchemas {
    private static final RequestLimits LIMITS = RequestLimits.DEFAULT;

    private SamplingSchemas() {}

    static Map<String, Object> stop() {
        Map<String, Object> one = JsonSchema.required(JsonSchema.string());
        one.put("minLength", 1L);
        one.put("maxLength", (long) LIMITS.stopCharacters());
        return JsonSchema.any(List.of(one, JsonSchema.array(one, 0, LIMITS.stopStrings())));
    }

    static Map<String, Object> allowed() {
        return JsonSchema.array(JsonSchema.whole(0, Integer.MAX_VALUE), 1, LIMITS.biases());
    }

    static Map<String, Object> bias() {
        Map<String, Object> schema = JsonSchema.object();
        schema.put("propertyNames", Map.of("pattern", "^(0|[1-9][0-9]{0,8})$"));
        schema.put(
                "additionalProperties", Map.of("type", List.of("number", "null"), "minimum", -100L, "maximum", 100L));
        schema.put("maxProperties", (long) LIMITS.biases());
        return schema;
    }
}
