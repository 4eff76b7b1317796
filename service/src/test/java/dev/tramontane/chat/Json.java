package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** From JSON to the objects that conversations are made of. */
public final class Json {

    private Json() {}

    public static @Nullable Object object(JsonNode node) {
        if (node.isNull()) {
            return null;
        }
        if (node.isBoolean()) {
            return node.asBoolean();
        }
        if (node.isIntegralNumber()) {
            return node.canConvertToLong() ? (Object) node.asLong() : node.bigIntegerValue();
        }
        if (node.isNumber()) {
            return node.asDouble();
        }
        if (node.isString()) {
            return node.asString();
        }
        if (node.isArray()) {
            List<@Nullable Object> list = new ArrayList<>();
            node.forEach(item -> list.add(object(item)));
            return list;
        }
        return map(node);
    }

    public static Map<String, @Nullable Object> map(JsonNode node) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        node.properties().forEach(entry -> map.put(entry.getKey(), object(entry.getValue())));
        return map;
    }

    @SuppressWarnings("unchecked")
    public static List<Map<String, @Nullable Object>> maps(JsonNode node) {
        return (List<Map<String, @Nullable Object>>) (List<?>) Objects.requireNonNull((List<?>) object(node));
    }
}
