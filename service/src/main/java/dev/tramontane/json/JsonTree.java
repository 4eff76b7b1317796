package dev.tramontane.json;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Writes trees of maps, lists, strings, numbers, booleans and nulls, such as {@link JsonReader} makes. */
public final class JsonTree {
    private JsonTree() {}

    /** The tree as UTF-8 bytes. */
    public static byte[] bytes(@Nullable Object tree) {
        return JsonWriter.bytes(json -> write(json, tree));
    }

    /** @throws IllegalArgumentException for a value of another kind */
    public static void write(JsonGenerator json, @Nullable Object tree) {
        switch (tree) {
            case null -> json.writeNull();
            case String text -> json.writeString(text);
            case Boolean flag -> json.writeBoolean(flag);
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Float number -> json.writeNumber(number);
            case Double number -> json.writeNumber(number);
            case Map<?, ?> map -> {
                json.writeStartObject();
                map.forEach((name, value) -> {
                    json.writeName(String.valueOf(name));
                    write(json, value);
                });
                json.writeEndObject();
            }
            case List<?> list -> {
                json.writeStartArray();
                list.forEach(value -> write(json, value));
                json.writeEndArray();
            }
            default -> throw new IllegalArgumentException("no JSON value is a " + tree.getClass());
        }
    }
}
