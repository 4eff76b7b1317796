package dev.tramontane.api.openai;

import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.CallRules.Need;
import dev.tramontane.answer.Tools;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}, in both of OpenAI's forms: that of chat completions, which has a function's members
 * in an object of their own, and that of responses, which has them beside its type.
 *
 * @param shown the tools that the layout is to show; none where {@code tool_choice} is none
 * @param calls which of them an answer may call, and whether it must
 */
public record ToolFields(List<Map<String, @Nullable Object>> shown, CallRules calls) {
    private static final String CHOICE = "tool_choice";
    private static final String FUNCTION = "function";
    private static final String NAME = "name";
    private static final String TYPE = "type";
    private static final String CHOICES =
            "auto, none, required, any, or an object whose type is function or allowed_tools";

    /** Takes the fields. */
    public static ToolFields read(JsonFields fields) {
        List<Map<String, @Nullable Object>> shown = new ArrayList<>();
        Set<String> strict = new LinkedHashSet<>();
        List<@Nullable Object> given = fields.array("tools");
        for (int i = 0; given != null && i < given.size(); i++) {
            shown.add(tool(fields.inner(given.get(i), fields.path("tools") + "[" + i + "]"), strict));
        }
        CallRules calls = calls(fields, shown).with(strict, fields.flag("parallel_tool_calls", true));
        return "none".equals(fields.value(CHOICE)) || shown.isEmpty() // What is not offered is not called.
                ? new ToolFields(List.of(), CallRules.FREE)
                : new ToolFields(shown, calls);
    }

    private static CallRules calls(JsonFields fields, List<Map<String, @Nullable Object>> shown) {
        Object choice = fields.value(CHOICE);
        return switch (choice) {
            case null -> CallRules.FREE;
            case String word ->
                switch (word) {
                    case "none", "auto" -> CallRules.FREE;
                    case "required", "any" -> of(shown, Need.MUST, Set.of());
                    default -> throw fields.wrong(CHOICE, CHOICES, word);
                };
            case Map<?, ?> object -> chosen(fields.inner(object, fields.path(CHOICE)), shown);
            default -> throw fields.wrong(CHOICE, CHOICES, choice);
        };
    }

    /** @param strict takes its name, where its arguments are to follow its schema */
    private static Map<String, @Nullable Object> tool(JsonFields tool, Set<String> strict) {
        JsonFields function = function(tool);
        String name = toolName(function);
        String description = function.string("description");
        Object given = function.value("parameters");
        Map<String, @Nullable Object> described = new LinkedHashMap<>();
        described.put(NAME, name);
        described.put("description", description == null ? "" : description);
        described.put("parameters", given == null ? Map.of() : JsonFields.object(given, function.path("parameters")));
        if (function.flag("strict", false)) {
            strict.add(name);
        } else {
            strict.remove(name); // Of two with one name the last counts.
        }
        function.end();
        tool.end();
        Map<String, @Nullable Object> entry = new LinkedHashMap<>();
        entry.put(TYPE, FUNCTION);
        entry.put(FUNCTION, described);
        return entry;
    }

    /** The members of a function: in an object of their own, or beside the type. */
    private static JsonFields function(JsonFields holder) {
        holder.only(TYPE, FUNCTION);
        return holder.has(NAME) && !holder.has(FUNCTION) ? holder : holder.requiredObject(FUNCTION);
    }

    private static CallRules chosen(JsonFields choice, List<Map<String, @Nullable Object>> shown) {
        String given = choice.string(TYPE); // Mistral's clients leave it out of a function.
        String type = given == null && choice.has(FUNCTION) ? FUNCTION : choice.requiredString(TYPE);
        CallRules read = switch (type) {
            case FUNCTION -> of(shown, Need.NAMED, Set.of(named(choice)));
            case "allowed_tools" -> {
                JsonFields list = choice.has("tools") ? choice : choice.requiredObject("allowed_tools");
                CallRules limited = of(shown, mode(list), allowed(list));
                list.end();
                yield limited;
            }
            default -> throw choice.wrong(TYPE, "function or allowed_tools", type);
        };
        choice.end();
        return read;
    }

    private static String named(JsonFields holder) {
        JsonFields function = function(holder);
        String name = toolName(function);
        function.end();
        return name;
    }

    /**
     * What a tool is called, in what is offered, chosen and called.
     *
     * @throws InvalidJsonException for a name that none may have
     */
    public static String toolName(JsonFields holder) {
        String name = holder.requiredString(NAME);
        if (!Tools.isName(name)) {
            throw holder.wrong(NAME, Tools.NAMES, name);
        }
        return name;
    }

    private static Need mode(JsonFields list) {
        String mode = list.requiredString("mode");
        return switch (mode) {
            case "auto" -> Need.MAY;
            case "required" -> Need.MUST;
            default -> throw list.wrong("mode", "auto or required", mode);
        };
    }

    private static Set<String> allowed(JsonFields list) {
        List<@Nullable Object> given = list.requiredArray("tools");
        Set<String> names = new LinkedHashSet<>();
        for (int i = 0; i < given.size(); i++) {
            JsonFields tool = list.inner(given.get(i), list.path("tools") + "[" + i + "]");
            names.add(named(tool));
            tool.end();
        }
        if (names.isEmpty()) {
            throw new InvalidJsonException(
                    list.path("tools"),
                    list.path("tools") + " must name at least one tool; tool_choice \"none\" allows none");
        }
        return names;
    }

    private static CallRules of(List<Map<String, @Nullable Object>> shown, Need need, Set<String> allowed) {
        if (need != Need.MAY && shown.isEmpty()) {
            throw new InvalidJsonException(CHOICE, CHOICE + " wants a call, but there are no tools to call");
        }
        Set<String> known = Tools.of(shown).parameters().keySet();
        for (String name : allowed) {
            if (!known.contains(name)) {
                throw new InvalidJsonException(
                        CHOICE, CHOICE + " names \"" + name + "\", which is not among the tools that are offered");
            }
        }
        return new CallRules(need, allowed, Set.of(), true);
    }
}
