package dev.tramontane.generation.guide;

import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Calls in tags, as Qwen 3 Coder writes them: an argument is a text as it stands where its schema says so, else JSON. What a schema says of arguments beside
 * each other has no form here and is refused.
 */
final class TaggedForms {
    private static final String END = "</parameter>";
    private static final Form ANY_NAME = new Form.Regex("[a-zA-Z_][a-zA-Z0-9_.\\-]{0,63}");
    private static final Form ANY_VALUE = new Form.Without(List.of(END, "</function>"));

    /** What a schema of arguments may say here. */
    private static final Set<String> KEYWORDS = Set.of(
            "type",
            "properties",
            "required",
            "additionalProperties",
            "$defs",
            "definitions",
            "title",
            "description",
            "$schema");

    private static final Set<String> TEXT_KEYWORDS =
            Set.of("type", "enum", "title", "description", "default", "examples");

    private TaggedForms() {}

    static Form call(CallForms.Callable tool) {
        List<Form> parts = new ArrayList<>();
        parts.add(Form.text("<function=" + tool.name() + ">\n"));
        if (tool.held()) {
            parts.addAll(parameters(tool));
        } else {
            parts.add(new Form.Repeat(Form.sequence(
                    Form.text("<parameter="), ANY_NAME, Form.text(">\n"), ANY_VALUE, Form.text("\n" + END + "\n"))));
        }
        parts.add(Form.text("</function>"));
        return new Form.Labelled(tool.label(), new Form.Sequence(parts));
    }

    private static List<Form> parameters(CallForms.Callable tool) {
        Map<String, @Nullable Object> schema = tool.schema();
        for (String keyword : schema.keySet()) {
            if (!KEYWORDS.contains(keyword)) {
                throw refused(tool, keyword, "");
            }
        }
        List<Form> parameters = new ArrayList<>();
        if (schema.get("properties") instanceof Map<?, ?> properties) {
            List<?> required = schema.get("required") instanceof List<?> names ? names : List.of();
            properties.forEach((name, property) -> {
                Form parameter = Form.sequence(
                        Form.text("<parameter=" + name + ">\n"),
                        value(tool, String.valueOf(name), property),
                        Form.text("\n" + END + "\n"));
                parameters.add(required.contains(name) ? parameter : Form.optional(parameter));
            });
        }
        return parameters;
    }

    private static Form value(CallForms.Callable tool, String name, @Nullable Object property) {
        if (!(property instanceof Map<?, ?> schema)) {
            return new Form.JsonSchema(property == null ? Map.of() : property, false);
        }
        if (!"string".equals(schema.get("type"))) {
            return new Form.JsonSchema(rooted(tool, schema), false);
        }
        for (Object keyword : schema.keySet()) {
            if (!TEXT_KEYWORDS.contains(String.valueOf(keyword))) {
                throw refused(tool, String.valueOf(keyword), " of its argument " + name);
            }
        }
        return schema.get("enum") instanceof List<?> texts
                ? new Form.Choice(texts.stream().map(String::valueOf).toList())
                : ANY_VALUE;
    }

    /** With the definitions that it may refer to. */
    private static Map<Object, @Nullable Object> rooted(CallForms.Callable tool, Map<?, ?> schema) {
        Map<Object, @Nullable Object> rooted = new LinkedHashMap<>(schema);
        for (String definitions : List.of("$defs", "definitions")) {
            Object known = tool.schema().get(definitions);
            if (known != null) {
                rooted.put(definitions, known);
            }
        }
        return rooted;
    }

    private static UnforcedException refused(CallForms.Callable tool, String keyword, String where) {
        return new UnforcedException(
                "tools",
                "The parameters of the tool " + tool.name() + " cannot be held to " + keyword + where
                        + " in this model's form of calls (qwen3_coder).");
    }
}
