package dev.tramontane.generation.guide;

import dev.tramontane.answer.Tools;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Calls in tags, as Qwen 3 Coder writes them: an argument is a text as it stands where its schema says so, else JSON. What a schema says of arguments beside
 * each other has no form here and is refused.
 */
final class TaggedForms {
    private static final String END = "</parameter>";
    private static final String FUNCTION_END = "</function>";
    private static final String PROPERTIES = "properties";
    private static final String REQUIRED = "required";

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

    private TaggedForms() {}

    static Form call(CallForms.Callable tool) {
        List<Form> parts = new ArrayList<>();
        parts.add(Form.text("<function=" + tool.name() + ">\n"));
        if (tool.held()) {
            parts.add(parameters(tool));
        } else {
            parts.add(new Form.Repeat(Form.sequence(
                    Form.text("<parameter="), ANY_NAME, Form.text(">\n"), ANY_VALUE, Form.text("\n" + END + "\n"))));
        }
        parts.add(Form.text(FUNCTION_END));
        return new Form.Labelled(tool.label(), new Form.Sequence(parts));
    }

    private static Form parameters(CallForms.Callable tool) {
        for (String keyword : tool.schema().keySet()) {
            if (!KEYWORDS.contains(keyword)) {
                throw refused(tool, keyword);
            }
        }
        Map<?, ?> properties = properties(tool);
        checkRequired(tool, properties.keySet());
        Set<String> texts = new HashSet<>();
        properties.forEach((key, property) -> {
            String name = String.valueOf(key);
            if (!ARGUMENT.matcher(name).matches()) {
                throw refused(tool, "an argument named " + JsonWriter.quoted(name) + ", which no tag can hold,");
            }
            if (Tools.isText(property)) {
                texts.add(name);
            }
        });
        return new Form.Tagged(
                tool.schema(),
                tool.strict(),
                "<parameter=",
                ">\n",
                "\n" + END + "\n",
                texts,
                List.of(END, FUNCTION_END));
    }

    private static Map<?, ?> properties(CallForms.Callable tool) {
        Object given = tool.schema().getOrDefault(PROPERTIES, Map.of());
        if (given instanceof Map<?, ?> properties) {
            return properties;
        }
        throw refused(tool, PROPERTIES + " that are no object");
    }

    /** Nothing says what an argument would be that is required and no property. */
    private static void checkRequired(CallForms.Callable tool, Set<?> properties) {
        if (!(tool.schema().getOrDefault(REQUIRED, List.of()) instanceof List<?> names)) {
            throw refused(tool, REQUIRED + " that is no list");
        }
        for (Object name : names) {
            if (!properties.contains(name)) {
                throw refused(
                        tool, REQUIRED + " " + JsonWriter.quoted(String.valueOf(name)) + ", which is no property,");
            }
        }
    }

    /** @param what its parameters say */
    private static UnforcedException refused(CallForms.Callable tool, String what) {
        return new UnforcedException(
                "tools",
                "The parameters of the tool " + tool.name() + " cannot be held to " + what
                        + " in this model's form of calls (qwen3_coder).");
    }
}
