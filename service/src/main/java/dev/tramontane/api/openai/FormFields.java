package dev.tramontane.api.openai;

import dev.tramontane.generation.AnswerForm;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields that say what an answer must be: OpenAI's {@code response_format} and {@code text.format}, vLLM's {@code structured_outputs} and the
 * {@code guided_} fields before it, llama.cpp's {@code json_schema} and {@code grammar}. What they say is checked later, off the event loop, when it is compiled.
 */
public final class FormFields {
    private static final String VALUE = "value";

    private FormFields() {}

    /** What one of them asks for, or null; two that ask for something are one too many. */
    static @Nullable AnswerForm read(JsonFields fields) {
        return only(
                format(fields.object("response_format"), true),
                structuredOutputs(fields.object("structured_outputs")),
                json(fields, "guided_json"),
                choice(fields, "guided_choice"),
                regex(fields, "guided_regex"),
                grammar(fields, "guided_grammar"),
                grammar(fields, "grammar"),
                schema(fields, "json_schema", false));
    }

    /** The same of a request for a response: OpenAI's {@code text.format}, vLLM's {@code structured_outputs}. */
    public static @Nullable AnswerForm ofResponse(JsonFields fields) {
        AnswerForm format = null;
        JsonFields text = fields.object("text");
        if (text != null) {
            format = format(text.object("format"), false);
            text.only("verbosity", "medium");
            text.end();
        }
        return only(format, structuredOutputs(fields.object("structured_outputs")));
    }

    /** Ollama's {@code format}: the word json, or a schema; an empty text asks for nothing. */
    public static @Nullable AnswerForm ofOllama(JsonFields fields) {
        String name = "format";
        Object value = fields.value(name);
        return switch (value) {
            case null -> null;
            case String word when word.isEmpty() -> null;
            case String word when word.equals("json") -> new AnswerForm(new Form.JsonObject(), name, 0);
            case Map<?, ?> schema -> schema(fields, name, false);
            default -> throw fields.wrong(name, "\"json\" or a JSON schema", value);
        };
    }

    /** text-generation-inference's {@code grammar}. */
    public static @Nullable AnswerForm ofTgi(JsonFields parameters) {
        JsonFields grammar = parameters.object("grammar");
        if (grammar == null) {
            return null;
        }
        String type = grammar.requiredString("type");
        AnswerForm form = switch (type) {
            case "json" -> json(grammar, VALUE);
            case "regex" -> regex(grammar, VALUE);
            case "json_schema" -> {
                JsonFields config = grammar.requiredObject(VALUE);
                config.string("name");
                AnswerForm schema = schema(config, "schema", false);
                config.end();
                yield schema;
            }
            default -> throw grammar.wrong("type", "json, json_schema or regex", type);
        };
        if (form == null) {
            throw grammar.missing(VALUE);
        }
        grammar.end();
        return form;
    }

    private static @Nullable AnswerForm only(@Nullable AnswerForm... all) {
        AnswerForm only = null;
        for (AnswerForm form : all) {
            if (only != null && form != null) {
                throw new InvalidJsonException(
                        form.field(),
                        only.field() + " and " + form.field() + " both say what an answer must be; send one of them");
            }
            only = form == null ? only : form;
        }
        return only;
    }

    /** @param nested whether a schema stands in an object of its own, as in chat completions, or beside the type, as in responses */
    private static @Nullable AnswerForm format(@Nullable JsonFields format, boolean nested) {
        if (format == null) {
            return null;
        }
        String type = format.requiredString("type");
        AnswerForm form = switch (type) {
            case "text" -> null;
            case "json_object" ->
                // With a schema, as llama.cpp has it; Hugging Face's client calls it a value.
                format.has("schema") || format.has(VALUE)
                        ? schema(format, format.has("schema") ? "schema" : VALUE, false)
                        : new AnswerForm(new Form.JsonObject(), format.path("type"), 0);
            case "json_schema" -> named(nested ? format.requiredObject("json_schema") : format);
            case String tag when nested && tag.equals("structural_tag") -> tagged(format, format.path("type"));
            default ->
                throw format.wrong(
                        "type",
                        nested
                                ? "text, json_object, json_schema or structural_tag"
                                : "text, json_object or json_schema",
                        type);
        };
        format.end();
        return form;
    }

    private static AnswerForm tagged(JsonFields fields, String path) {
        int characters = StructuralTags.FIELDS.stream()
                .mapToInt(name -> characters(fields.value(name)))
                .sum();
        return new AnswerForm(StructuralTags.read(fields), path, characters);
    }

    /** A structural tag, or a text that is one, as vLLM takes it. */
    private static @Nullable AnswerForm structuralTag(JsonFields fields, String name) {
        Object value = fields.value(name);
        if (value == null) {
            return null;
        }
        String path = fields.path(name);
        Map<String, @Nullable Object> tree =
                value instanceof String text ? JsonReader.object(text, path) : JsonFields.object(value, path);
        JsonFields tag = fields.inner(tree, path);
        tag.only("type", "structural_tag");
        return tagged(tag, path);
    }

    private static AnswerForm named(JsonFields fields) {
        String name = fields.requiredString("name");
        fields.string("description");
        AnswerForm form = schema(fields, "schema", fields.flag("strict", false));
        if (form == null) {
            throw fields.missing("schema");
        }
        fields.end();
        return new AnswerForm(form.form(), form.field(), form.characters(), name);
    }

    private static @Nullable AnswerForm structuredOutputs(@Nullable JsonFields outputs) {
        if (outputs == null) {
            return null;
        }
        boolean compact = outputs.flag("disable_any_whitespace", false);
        AnswerForm form = only(
                choice(outputs, "choice"),
                regex(outputs, "regex"),
                json(outputs, "json"),
                grammar(outputs, "grammar"),
                structuralTag(outputs, "structural_tag"),
                outputs.flag("json_object", false)
                        ? new AnswerForm(new Form.JsonObject(), outputs.path("json_object"), 0)
                        : null);
        outputs.refuse("whitespace_pattern", "what stands between JSON's values is fixed; see disable_any_whitespace");
        for (String name : List.of("disable_fallback", "disable_additional_properties")) {
            outputs.only(name, false);
        }
        outputs.end();
        if (form == null) {
            throw new InvalidJsonException(
                    "structured_outputs",
                    "structured_outputs must have one of choice, regex, json, grammar, structural_tag and json_object, or be left out");
        }
        return compact ? compact(form) : form;
    }

    /** The same without lines and indentation; what is no JSON has no space of its own. */
    private static AnswerForm compact(AnswerForm form) {
        Form compact = switch (form.form()) {
            case Form.JsonSchema schema -> new Form.JsonSchema(schema.schema(), schema.strict(), true);
            case Form.JsonObject _ -> new Form.JsonObject(true);
            default -> form.form();
        };
        return new AnswerForm(compact, form.field(), form.characters(), form.name());
    }

    private static @Nullable AnswerForm choice(JsonFields fields, String name) {
        List<@Nullable Object> given = fields.array(name);
        if (given == null) {
            return null;
        }
        String path = fields.path(name);
        List<String> texts = new ArrayList<>();
        int characters = 0;
        for (int i = 0; i < given.size(); i++) {
            String text = JsonFields.string(given.get(i), path + "[" + i + "]");
            characters += text.length();
            texts.add(text);
        }
        return new AnswerForm(new Form.Choice(texts), path, characters);
    }

    private static @Nullable AnswerForm regex(JsonFields fields, String name) {
        String pattern = fields.string(name);
        return pattern == null ? null : new AnswerForm(new Form.Regex(pattern), fields.path(name), pattern.length());
    }

    private static @Nullable AnswerForm grammar(JsonFields fields, String name) {
        String grammar = fields.string(name);
        return grammar == null ? null : new AnswerForm(new Form.Grammar(grammar), fields.path(name), grammar.length());
    }

    /** A schema, or a text that is one, as vLLM takes both. */
    private static @Nullable AnswerForm json(JsonFields fields, String name) {
        return fields.value(name) instanceof String text
                ? of(JsonReader.object(text, fields.path(name)), fields.path(name), false)
                : schema(fields, name, false);
    }

    private static @Nullable AnswerForm schema(JsonFields fields, String name, boolean strict) {
        Object value = fields.value(name);
        return value == null ? null : of(JsonFields.object(value, fields.path(name)), fields.path(name), strict);
    }

    private static AnswerForm of(Map<String, @Nullable Object> schema, String path, boolean strict) {
        return new AnswerForm(new Form.JsonSchema(schema, strict), path, characters(schema));
    }

    /** Of names and values, about; the reader has limited how deep it is. */
    private static int characters(@Nullable Object tree) {
        return switch (tree) {
            case String text -> text.length();
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .mapToInt(entry -> String.valueOf(entry.getKey()).length() + characters(entry.getValue()))
                        .sum();
            case List<?> list -> list.stream().mapToInt(FormFields::characters).sum();
            case null, default -> 4;
        };
    }
}
