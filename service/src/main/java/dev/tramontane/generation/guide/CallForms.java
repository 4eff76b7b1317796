package dev.tramontane.generation.guide;

import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.Tools;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.structure.Form;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tools that an answer may call, and the forms of their calls.
 *
 * @param callable in the order in which they are offered
 */
record CallForms(List<Callable> callable) {
    /** Tools: each is looked at for each token of a name. */
    private static final int MOST = 512;

    private static final String TYPE = "type";
    private static final String OBJECT = "object";

    /**
     * A tool.
     *
     * @param held whether arguments follow the schema; else they are an object
     * @param strict whether that must be of the strict subset
     */
    record Callable(String name, Map<String, @Nullable Object> schema, boolean held, boolean strict) {
        /** For messages. */
        String label() {
            return "the tool " + name;
        }

        /** Of its arguments as JSON. */
        Form arguments() {
            if (!held || (!strict && (schema.isEmpty() || schema.equals(Map.of(TYPE, OBJECT))))) {
                return new Form.JsonObject();
            }
            Map<String, @Nullable Object> typed = new LinkedHashMap<>();
            typed.put(TYPE, OBJECT);
            typed.putAll(schema);
            typed.put(
                    TYPE,
                    OBJECT); // Arguments are an object whether the schema says so, or allows something else, or not.
            return new Form.Labelled(label(), new Form.JsonSchema(typed, strict));
        }
    }

    /** @throws UnforcedException for a schema of arguments that are no object */
    static CallForms of(Tools tools, CallRules rules) {
        List<Callable> callable = new ArrayList<>();
        for (Map.Entry<String, Map<String, @Nullable Object>> tool :
                tools.parameters().entrySet()) {
            String name = tool.getKey();
            if (!rules.allowed().isEmpty() && !rules.allowed().contains(name)) {
                continue;
            }
            boolean strict = rules.strict().contains(name);
            boolean held = rules.holds(name);
            Object type = tool.getValue().get(TYPE);
            if (held
                    && type != null
                    && !OBJECT.equals(type)
                    && !(type instanceof List<?> list && list.contains(OBJECT))) {
                throw new UnforcedException(
                        "tools",
                        "The parameters of the tool " + name + " must have the type \"object\": arguments are one.");
            }
            callable.add(new Callable(name, tool.getValue(), held, strict));
        }
        if (callable.size() > MOST) {
            throw new UnforcedException(
                    "tools",
                    "Calls can be held to a form where at most " + MOST + " tools may be called, and these are "
                            + callable.size() + ".");
        }
        return new CallForms(callable);
    }

    List<String> names() {
        return callable.stream().map(Callable::name).toList();
    }

    /** One call as a JSON object. */
    Form object(String arguments) {
        return new Form.Any(callable.stream()
                .<Form>map(tool -> Form.sequence(
                        Form.text("{\"name\": " + JsonWriter.quoted(tool.name()) + ", \"" + arguments + "\": "),
                        tool.arguments(),
                        Form.text("}")))
                .toList());
    }

    /** One call in tags. */
    Form tagged() {
        return new Form.Any(callable.stream().map(TaggedForms::call).toList());
    }
}
