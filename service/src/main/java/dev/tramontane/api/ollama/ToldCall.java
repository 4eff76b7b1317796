package dev.tramontane.api.ollama;

import dev.tramontane.api.openai.CalledTool;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.JsonWriter;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** A call with its arguments as an object. */
record ToldCall(String id, int index, String name, Map<String, @Nullable Object> arguments) {

    /**
     * The call that a model made; null where its arguments are no object.
     *
     * @param newId where the model wrote none
     */
    static @Nullable ToldCall of(CalledTool made, int index, String newId) {
        String written = made.arguments();
        try {
            return new ToldCall(
                    made.id().isEmpty() ? newId : made.id(),
                    index,
                    made.name(),
                    written.isBlank() ? Map.of() : JsonReader.object(written, "arguments"));
        } catch (InvalidJsonException unfinished) {
            return null; // It has the form that a model gave it, and is told as such.
        }
    }

    void write(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("id", id);
        json.writeName("function").writeStartObject();
        json.writeNumberProperty("index", index);
        json.writeStringProperty("name", name);
        json.writeName("arguments");
        JsonWriter.tree(json, arguments);
        json.writeEndObject();
        json.writeEndObject();
    }
}
