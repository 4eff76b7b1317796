package dev.tramontane.api.openai;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Structural tags, as vLLM and SGLang take them: free text in which some marks lead into parts of a form. Both shapes in the field are read, that of
 * {@code structures} and {@code triggers}, and that of a {@code format} (of XGrammar), whose kinds are named in {@link #format}.
 */
final class StructuralTags {
    /** All that one may have beside its type. */
    static final List<String> FIELDS = List.of("format", "structures", "triggers");

    private static final int MOST = 64;
    private static final int MOST_CHARACTERS = 4096;

    private StructuralTags() {}

    /** @throws InvalidJsonException where it is of neither shape */
    static Form read(JsonFields fields) {
        Form form;
        if (fields.has("format")) {
            for (String name : FIELDS.subList(1, FIELDS.size())) {
                fields.refuse(name, "a structural tag has a format, or structures and triggers");
            }
            form = format(fields.requiredObject("format"), List.of());
        } else {
            List<Tag> tags = new ArrayList<>();
            for (JsonFields each : objects(fields, "structures")) {
                Form schema = new Form.JsonSchema(schema(each, "schema"), false);
                tags.add(new Tag(text(each, "begin"), schema, texts(each, "end", true)));
                each.end();
            }
            form = triggered(fields, tags, List.of(), false, false);
        }
        fields.end();
        return form;
    }

    /** A part of a form between two marks, of which the second may be one of some. */
    private record Tag(String begin, Form content, List<String> ends) {
        Form form() {
            return new Form.Labelled(
                    "the tag " + shown(begin), Form.sequence(Form.text(begin), content, new Form.Choice(ends)));
        }
    }

    private static String shown(String mark) {
        return mark.length() <= 40 ? mark : mark.substring(0, 40) + "...";
    }

    /** @param until marks before which free text at its end has to stop; none at the end of the whole */
    private static Form format(JsonFields fields, List<String> until) {
        String type = fields.requiredString("type");
        Form form = switch (type) {
            case "const_string" -> Form.text(fields.requiredString("value"));
            case "json_schema" -> new Form.JsonSchema(schema(fields, "json_schema"), false);
            case "regex" -> new Form.Regex(fields.requiredString("pattern"));
            case "grammar" -> new Form.Grammar(fields.requiredString("grammar"));
            case "any_text" -> new Form.Without(until);
            case "sequence" -> {
                List<JsonFields> elements = objects(fields, "elements");
                List<Form> parts = new ArrayList<>();
                for (int at = 0; at < elements.size(); at++) {
                    parts.add(format(elements.get(at), at == elements.size() - 1 ? until : List.of()));
                }
                yield new Form.Sequence(parts);
            }
            case "or" ->
                new Form.Any(objects(fields, "elements").stream()
                        .map(each -> format(each, until))
                        .toList());
            case "tag" -> tag(fields).form();
            case "triggered_tags" ->
                triggered(
                        fields,
                        tags(fields),
                        until,
                        fields.flag("at_least_one", false),
                        fields.flag("stop_after_first", false));
            case "tags_with_separator" -> separated(fields);
            default ->
                throw fields.wrong(
                        "type",
                        "const_string, json_schema, regex, grammar, any_text, sequence, or, tag, triggered_tags or"
                                + " tags_with_separator",
                        type);
        };
        fields.end();
        return form;
    }

    private static List<Tag> tags(JsonFields fields) {
        List<Tag> tags = new ArrayList<>();
        for (JsonFields each : objects(fields, "tags")) {
            each.only("type", "tag");
            tags.add(tag(each));
            each.end();
        }
        return tags;
    }

    private static Tag tag(JsonFields fields) {
        List<String> ends = texts(fields, "end", true);
        return new Tag(text(fields, "begin"), format(fields.requiredObject("content"), ends), ends);
    }

    /**
     * Text without triggers, and with each of them the tags that begin so.
     *
     * @param until as of a {@link #format}
     */
    private static Form triggered(
            JsonFields fields, List<Tag> tags, List<String> until, boolean atLeastOne, boolean stopAfterFirst) {
        List<String> triggers = texts(fields, "triggers", false);
        for (Tag tag : tags) {
            if (triggers.stream().noneMatch(tag.begin::startsWith)) {
                throw new InvalidJsonException(
                        fields.path("triggers"),
                        fields.path("triggers") + ": none of them is where the tag " + shown(tag.begin) + " begins");
            }
        }
        List<String> marks = new ArrayList<>(triggers);
        marks.addAll(until);
        Form free = new Form.Without(marks);
        Form one = Form.sequence(free, any(tags));
        if (stopAfterFirst) {
            return atLeastOne ? one : new Form.Any(List.of(one, free));
        }
        Form more = Form.sequence(new Form.Repeat(one), free);
        return atLeastOne ? Form.sequence(one, more) : more;
    }

    private static Form separated(JsonFields fields) {
        Form tag = any(tags(fields));
        String separator = fields.requiredString("separator");
        boolean atLeastOne = fields.flag("at_least_one", false);
        boolean stopAfterFirst = fields.flag("stop_after_first", false);
        Form all = stopAfterFirst ? tag : Form.sequence(tag, new Form.Repeat(Form.sequence(Form.text(separator), tag)));
        return atLeastOne ? all : Form.optional(all);
    }

    private static Form any(List<Tag> tags) {
        return new Form.Any(tags.stream().map(Tag::form).toList());
    }

    private static List<JsonFields> objects(JsonFields fields, String name) {
        List<@Nullable Object> values = fields.requiredArray(name);
        String path = fields.path(name);
        if (values.isEmpty() || values.size() > MOST) {
            throw JsonFields.wrongAt(path, "1 to " + MOST + " objects", values);
        }
        List<JsonFields> objects = new ArrayList<>();
        for (int at = 0; at < values.size(); at++) {
            objects.add(fields.inner(values.get(at), path + "[" + at + "]"));
        }
        return objects;
    }

    private static Object schema(JsonFields fields, String name) {
        Object schema = fields.value(name);
        if (schema instanceof Map<?, ?> || schema instanceof Boolean) {
            return schema;
        }
        throw JsonFields.wrongAt(fields.path(name), "a JSON schema", schema);
    }

    private static String text(JsonFields fields, String name) {
        String text = fields.requiredString(name);
        if (text.isEmpty() || text.length() > MOST_CHARACTERS) {
            throw fields.wrong(name, "a text of 1 to " + MOST_CHARACTERS + " characters", text);
        }
        return text;
    }

    /** Texts that aren't empty, together of a bounded length. */
    private static List<String> texts(JsonFields fields, String name, boolean orOne) {
        if (orOne && fields.value(name) instanceof String) {
            return List.of(text(fields, name));
        }
        List<@Nullable Object> values = fields.requiredArray(name);
        List<String> texts = new ArrayList<>();
        int characters = 0;
        for (int at = 0; at < values.size(); at++) {
            String path = fields.path(name) + "[" + at + "]";
            String text = JsonFields.string(values.get(at), path);
            characters += text.length();
            if (text.isEmpty()) {
                throw JsonFields.wrongAt(path, "a text that isn't empty", text);
            }
            texts.add(text);
        }
        if (texts.isEmpty() || texts.size() > MOST || characters > MOST_CHARACTERS) {
            throw JsonFields.wrongAt(
                    fields.path(name),
                    "1 to " + MOST + " texts of together at most " + MOST_CHARACTERS + " characters",
                    values);
        }
        return texts;
    }
}
