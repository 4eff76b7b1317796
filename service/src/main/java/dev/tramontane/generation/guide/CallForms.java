package dev.tramontane.generation.guide;

import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.CallRules.Need;
import dev.tramontane.answer.Tools;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.structure.Form;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tools that an answer may call, and the forms of their calls.
 *
 * @param arguments the form of each one's arguments, by name, in the order in which they are offered
 */
record CallForms(Map<String, Form> arguments) {
    private static final String TYPE = "type";
    private static final String OBJECT = "object";

    /** @throws UnforcedException for a schema of arguments that are no object */
    static CallForms of(Tools tools, CallRules rules) {
        Map<String, Form> arguments = new LinkedHashMap<>();
        tools.parameters().forEach((name, schema) -> {
            if (rules.allowed().isEmpty() || rules.allowed().contains(name)) {
                boolean strict = rules.strict().contains(name);
                arguments.put(name, strict || rules.need() != Need.MAY ? form(name, schema, strict) : new Form.JsonObject());
            }
        });
        return new CallForms(arguments);
    }

    private static Form form(String name, Map<String, @Nullable Object> schema, boolean strict) {
        Object type = schema.get(TYPE);
        if (type != null && !OBJECT.equals(type)) {
            throw new UnforcedException(
                    "tools", "The parameters of the tool " + name + " must have the type \"object\": arguments are one.");
        }
        if (type != null) {
            return schema.size() == 1 && !strict ? new Form.JsonObject() : new Form.JsonSchema(schema, strict);
        }
        Map<String, @Nullable Object> typed = new LinkedHashMap<>();
        typed.put(TYPE, OBJECT);
        typed.putAll(schema);
        return schema.isEmpty() && !strict ? new Form.JsonObject() : new Form.JsonSchema(typed, strict);
    }

    List<String> names() {
        return List.copyOf(arguments.keySet());
    }

    /** One call as a JSON object. */
    Form object(String argumentsName) {
        return new Form.Any(arguments.entrySet().stream()
                .<Form>map(tool -> Form.sequence(
                        Form.text("{\"name\": " + quoted(tool.getKey()) + ", \"" + argumentsName + "\": "),
                        tool.getValue(),
                        Form.text("}")))
                .toList());
    }

    private static String quoted(String name) {
        return new String(JsonWriter.bytes(json -> json.writeString(name)), StandardCharsets.UTF_8);
    }
}
