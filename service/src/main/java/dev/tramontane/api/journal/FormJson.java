package dev.tramontane.api.journal;

import dev.tramontane.generation.AnswerForm;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** What an answer must be, as JSON; its masks are compiled again, and its place in them follows from its tokens. */
final class FormJson {
    private FormJson() {}

    /** Writes nothing where it may be anything. */
    static void write(JsonGenerator json, @Nullable AnswerForm form) {
        if (form == null) {
            return;
        }
        json.writeName("form").writeStartObject();
        json.writeStringProperty("field", form.field());
        json.writeNumberProperty("characters", form.characters());
        json.writeStringProperty("name", form.name());
        switch (form.form()) {
            case Form.Choice(List<String> choices) -> {
                json.writeName("choices");
                JsonWriter.tree(json, choices);
            }
            case Form.Regex(String pattern) -> json.writeStringProperty("regex", pattern);
            case Form.Grammar(String text) -> json.writeStringProperty("grammar", text);
            case Form.JsonSchema(Object schema, boolean strict, boolean compact) -> {
                json.writeName("schema");
                JsonWriter.tree(json, schema);
                json.writeBooleanProperty("strict", strict);
                json.writeBooleanProperty("compact", compact);
            }
            case Form.JsonObject(boolean compact) -> {
                json.writeBooleanProperty("object", true);
                json.writeBooleanProperty("compact", compact);
            }
            case Form.Sequence _, Form.Any _, Form.Repeat _, Form.Without _, Form.Tagged _, Form.Labelled _ ->
                throw new IllegalArgumentException("forms of forms, which structural tags are, are not written");
        }
        json.writeEndObject();
    }

    static @Nullable AnswerForm read(@Nullable JsonFields fields) {
        if (fields == null) {
            return null;
        }
        String name = fields.string("name"); // Earlier files have none.
        AnswerForm form = new AnswerForm(
                form(fields),
                fields.requiredString("field"),
                fields.integer("characters", 0, 0, Integer.MAX_VALUE),
                name == null ? "" : name);
        fields.end();
        return form;
    }

    private static Form form(JsonFields fields) {
        if (fields.has("choices")) {
            List<String> choices = new ArrayList<>();
            for (Object choice : fields.requiredArray("choices")) {
                choices.add(JsonFields.string(choice, fields.path("choices")));
            }
            return new Form.Choice(choices);
        }
        if (fields.has("regex")) {
            return new Form.Regex(fields.requiredString("regex"));
        }
        if (fields.has("grammar")) {
            return new Form.Grammar(fields.requiredString("grammar"));
        }
        Object schema = fields.value("schema");
        boolean compact = fields.flag("compact", false); // Earlier files have none.
        if (schema != null) {
            return new Form.JsonSchema(schema, fields.flag("strict", false), compact);
        }
        if (!fields.flag("object", false)) {
            throw fields.missing("schema");
        }
        return new Form.JsonObject(compact);
    }
}
