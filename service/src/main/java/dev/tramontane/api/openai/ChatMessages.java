package dev.tramontane.api.openai;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns of a chat as templates expect them: content as one string, the developer's words as the system's, arguments of
 * tool calls as objects.
 */
final class ChatMessages {
    private ChatMessages() {}

    static List<Map<String, @Nullable Object>> messages(JsonFields fields, int most) {
        List<@Nullable Object> given = fields.array("messages");
        if (given == null) {
            throw fields.missing("messages");
        }
        if (given.isEmpty() || given.size() > most) {
            throw new InvalidJsonException("messages", "messages must have between 1 and " + most + " entries");
        }
        List<Map<String, @Nullable Object>> messages = new ArrayList<>(given.size());
        for (int i = 0; i < given.size(); i++) {
            String path = "messages[" + i + "]";
            messages.add(message(new JsonFields(JsonFields.object(given.get(i), path), path)));
        }
        return messages;
    }

    private static Map<String, @Nullable Object> message(JsonFields fields) {
        String role = fields.requiredString("role");
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role.equals("developer") ? "system" : role);
        String content = content(fields);
        message.put("content", content);
        boolean calls = false;
        switch (role) {
            case "system", "developer", "user" -> {}
            case "assistant" -> {
                List<Map<String, @Nullable Object>> toolCalls = toolCalls(fields);
                calls = !toolCalls.isEmpty();
                if (calls) {
                    message.put("tool_calls", toolCalls);
                }
                // What an answer of ours carries, when a client sends it back.
                fields.harmless("annotations");
                fields.refuse("refusal", "put the words into content");
            }
            case "tool" -> message.put("tool_call_id", fields.requiredString("tool_call_id"));
            default ->
                throw new InvalidJsonException(
                        fields.path("role"),
                        fields.path("role") + " must be system, developer, user, assistant or tool");
        }
        if (content == null && !calls) {
            throw fields.missing("content");
        }
        String name = fields.string("name");
        if (name != null) {
            message.put("name", name);
        }
        fields.end();
        return message;
    }

    private static @Nullable String content(JsonFields fields) {
        Object content = fields.value("content");
        return switch (content) {
            case null -> null;
            case String text -> text;
            case List<?> parts -> joined(parts, fields.path("content"));
            default -> throw fields.wrong("content", "a string or an array of parts", content);
        };
    }

    private static String joined(List<?> parts, String path) {
        List<String> texts = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            String at = path + "[" + i + "]";
            JsonFields part = new JsonFields(JsonFields.object(parts.get(i), at), at);
            String type = part.requiredString("type");
            if (!type.equals("text")) {
                throw new InvalidJsonException(
                        at, at + " is of a type that is not supported; this server takes parts of type text only");
            }
            texts.add(part.requiredString("text"));
            part.end();
        }
        return String.join("\n", texts);
    }

    private static List<Map<String, @Nullable Object>> toolCalls(JsonFields fields) {
        List<@Nullable Object> given = fields.array("tool_calls");
        List<Map<String, @Nullable Object>> calls = new ArrayList<>();
        for (int i = 0; given != null && i < given.size(); i++) {
            String path = fields.path("tool_calls") + "[" + i + "]";
            JsonFields call = new JsonFields(JsonFields.object(given.get(i), path), path);
            JsonFields function = function(call);
            Map<String, @Nullable Object> named = new LinkedHashMap<>();
            named.put("name", function.requiredString("name"));
            named.put("arguments", JsonReader.object(function.requiredString("arguments"), function.path("arguments")));
            function.end();
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            entry.put("id", call.requiredString("id"));
            entry.put("type", "function");
            entry.put("function", named);
            call.harmless("index"); // Clients that joined streamed deltas send it back.
            call.end();
            calls.add(entry);
        }
        return calls;
    }

    /** The tools that the template is to show; none when {@code tool_choice} is none. */
    static List<Map<String, @Nullable Object>> tools(JsonFields fields) {
        Object choice = fields.value("tool_choice");
        if (choice != null && !choice.equals("auto") && !choice.equals("none")) {
            throw new InvalidJsonException(
                    "tool_choice", "tool_choice must be \"auto\" or \"none\"; a call cannot be forced");
        }
        List<@Nullable Object> given = fields.array("tools");
        List<Map<String, @Nullable Object>> tools = new ArrayList<>();
        for (int i = 0; given != null && i < given.size(); i++) {
            String path = "tools[" + i + "]";
            JsonFields tool = new JsonFields(JsonFields.object(given.get(i), path), path);
            JsonFields function = function(tool);
            Map<String, @Nullable Object> described = new LinkedHashMap<>();
            described.put("name", function.requiredString("name"));
            String description = function.string("description");
            described.put("description", description == null ? "" : description);
            Object parameters = function.value("parameters");
            described.put(
                    "parameters",
                    parameters == null ? Map.of() : JsonFields.object(parameters, function.path("parameters")));
            function.only("strict", false);
            function.end();
            tool.end();
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            entry.put("type", "function");
            entry.put("function", described);
            tools.add(entry);
        }
        return "none".equals(choice) ? List.of() : tools;
    }

    private static JsonFields function(JsonFields holder) {
        holder.only("type", "function");
        JsonFields function = holder.object("function");
        if (function == null) {
            throw holder.missing("function");
        }
        return function;
    }
}
