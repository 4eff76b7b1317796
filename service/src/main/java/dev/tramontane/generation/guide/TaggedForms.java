package dev.tramontane.generation.guide;

import dev.tramontane.json.JsonWriter;
import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Calls in tags, as Qwen 3 Coder writes them: an argument is a text as it stands where its schema says so, else JSON. What a schema says of arguments beside
 * each other has no form here and is refused.
 */
final class TaggedForms {
    private static final String END = "</parameter>";
    private static final String FUNCTION_END = "</function>";
    private static final String PROPERTIES = "properties";
    private static final String REQUIRED = "required";
    private static final String ENUM = "enum";

    /** A name that a tag can hold, as {@code TaggedCall} reads it: blanks beside it are none of it. */
    private static final Pattern ARGUMENT = Pattern.compile("[^\\s<>](?:[^<>\\n\\r]{0,254}[^\\s<>])?");

    private static final Form ANY_NAME = new Form.Regex("[a-zA-Z_][a-zA-Z0-9_.\\-]{0,63}");
    private static final Form ANY_VALUE = new Form.Without(List.of(END, FUNCTION_END));

    /** What a schema of arguments may say here. */
    private static final Set<String> KEYWORDS = Set.of(
            "type",
            PROPERTIES,
            REQUIRED,
            "additionalProperties",
            "$defs",
            "definitions",
            "title",
            "description",
            "$schema");

    private static final Set<String> TEXT_KEYWORDS =
            Set.of("type", ENUM, "title", "description", "default", "examples");

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
        parts.add(Form.text(FUNCTION_END));
        return new Form.Labelled(tool.label(), new Form.Sequence(parts));
    }

    private static List<Form> parameters(CallForms.Callable tool) {
        for (String keyword : tool.schema().keySet()) {
            if (!KEYWORDS.contains(keyword)) {
                throw refused(tool, keyword);
            }
        }
        Map<?, ?> properties = properties(tool);
        Set<?> required = required(tool, properties.keySet());
        List<Form> parameters = new ArrayList<>();
        properties.forEach((key, property) -> {
            String name = String.valueOf(key);
            if (!ARGUMENT.matcher(name).matches()) {
                throw refused(tool, "an argument named " + JsonWriter.quoted(name) + ", which no tag can hold,");
            }
            Form parameter = Form.sequence(
                    Form.text("<parameter=" + name + ">\n"), value(tool, name, property), Form.text("\n" + END + "\n"));
            parameters.add(required.contains(name) ? parameter : Form.optional(parameter));
        });
        return parameters;
    }

    private static Map<?, ?> properties(CallForms.Callable tool) {
        Object given = tool.schema().getOrDefault(PROPERTIES, Map.of());
        if (given instanceof Map<?, ?> properties) {
            return properties;
        }
        throw refused(tool, PROPERTIES + " that are no object");
    }

    /** Nothing says what an argument would be that is required and no property. */
    private static Set<?> required(CallForms.Callable tool, Set<?> properties) {
        if (!(tool.schema().getOrDefault(REQUIRED, List.of()) instanceof List<?> names)) {
            throw refused(tool, REQUIRED + " that is no list");
        }
        for (Object name : names) {
            if (!properties.contains(name)) {
                throw refused(
                        tool, REQUIRED + " " + JsonWriter.quoted(String.valueOf(name)) + ", which is no property,");
            }
        }
        return new HashSet<>(names);
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
                throw refused(tool, keyword + ofArgument(name));
            }
        }
        return schema.get(ENUM) instanceof List<?> texts ? choice(tool, name, texts) : ANY_VALUE;
    }

    private static Form choice(CallForms.Callable tool, String name, List<?> texts) {
        for (Object text : texts) {
            if (!(text instanceof String value) || value.contains(END) || value.contains(FUNCTION_END)) {
                throw refused(tool, ENUM + ofArgument(name) + ", not all of which can stand between tags,");
            }
        }
        return new Form.Choice(texts.stream().map(String::valueOf).toList());
    }

    private static String ofArgument(String name) {
        return " of its argument " + name;
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

    /** @param what its parameters say */
    private static UnforcedException refused(CallForms.Callable tool, String what) {
        return new UnforcedException(
                "tools",
                "The parameters of the tool " + tool.name() + " cannot be held to " + what
                        + " in this model's form of calls (qwen3_coder).");
    }
}
