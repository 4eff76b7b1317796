package dev.tramontane.api.openai;

import dev.tramontane.model.SamplingParameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pieces of JSON Schema 2020-12, as trees: the values that a field takes. Null stands beside every type of a request's
 * field, since it counts as absent; {@link #required} takes it away.
 */
final class JsonSchema {
    private static final String TYPE = "type";
    private static final String NULL = "null";

    private JsonSchema() {}

    static Map<String, Object> of(String type) {
        return new LinkedHashMap<>(Map.of(TYPE, List.of(type, NULL)));
    }

    static Map<String, Object> flag() {
        return of("boolean");
    }

    static Map<String, Object> string() {
        return of("string");
    }

    /** An object whose members have rules of their own. */
    static Map<String, Object> object() {
        return of("object");
    }

    static Map<String, Object> whole(long least, long most) {
        Map<String, Object> schema = of("integer");
        schema.put("minimum", least);
        schema.put("maximum", most);
        return schema;
    }

    static Map<String, Object> of(SamplingParameter parameter) {
        if (parameter.whole()) {
            return whole((long) parameter.min(), (long) parameter.max());
        }
        Map<String, Object> schema = of("number");
        schema.put("minimum", parameter.min());
        schema.put("maximum", parameter.max());
        return schema;
    }

    static Map<String, Object> array(Map<String, Object> items, int least, int most) {
        Map<String, Object> schema = of("array");
        schema.put("items", required(items));
        schema.put("minItems", (long) least);
        schema.put("maxItems", (long) most);
        return schema;
    }

    static Map<String, Object> any(List<Map<String, Object>> kinds) {
        return new LinkedHashMap<>(Map.of("anyOf", kinds));
    }

    /** These values, and null. */
    static Map<String, Object> among(List<Object> values) {
        List<Object> all = new ArrayList<>(values);
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("anyOf", List.of(Map.of("enum", all), Map.of(TYPE, NULL)));
        return schema;
    }

    /** The same without null. */
    static Map<String, Object> required(Map<String, Object> schema) {
        Map<String, Object> strict = new LinkedHashMap<>(schema);
        if (schema.get(TYPE) instanceof List<?> types && types.size() == 2) {
            strict.put(TYPE, types.getFirst());
        }
        return strict;
    }
}
