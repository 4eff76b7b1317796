package dev.tramontane.api.openai;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns of a chat as layouts expect them: content as one string or as several parts of text, the developer's words as the
 * system's, arguments of tool calls as objects.
 */
final class ChatMessages {
    private ChatMessages() {}

    /** A message under this name, true for the last one only, is to be continued: Mistral's own API calls it so. */
    static final String PREFIX = "prefix";

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
            Map<String, @Nullable Object> message =
                    message(new JsonFields(JsonFields.object(given.get(i), path), path));
            if (message.containsKey(PREFIX) && i < given.size() - 1) {
                throw new InvalidJsonException(
                        path + "." + PREFIX,
                        path + "." + PREFIX + " is for the last message, which is to be continued");
            }
            messages.add(message);
        }
        return messages;
    }

    private static Map<String, @Nullable Object> message(JsonFields fields) {
        String role = fields.requiredString("role");
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role.equals("developer") ? "system" : role);
        Object content = content(fields);
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
                if (fields.flag(PREFIX, false)) {
                    message.put(PREFIX, true);
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

    private static @Nullable Object content(JsonFields fields) {
        Object content = fields.value("content");
        return switch (content) {
            case null -> null;
            case String text -> text;
            case List<?> parts -> texts(parts, fields.path("content"));
            default -> throw fields.wrong("content", "a string or an array of parts", content);
        };
    }

    /** One text, or several parts: what stands between them is the layout's to say. */
    private static Object texts(List<?> parts, String path) {
        List<Map<String, @Nullable Object>> texts = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            String at = path + "[" + i + "]";
            JsonFields part = new JsonFields(JsonFields.object(parts.get(i), at), at);
            String type = part.requiredString("type");
            if (!type.equals("text")) {
                throw new InvalidJsonException(
                        at, at + " is of a type that is not supported; this server takes parts of type text only");
            }
            Map<String, @Nullable Object> text = new LinkedHashMap<>();
            text.put("type", "text");
            text.put("text", part.requiredString("text"));
            part.end();
            texts.add(text);
        }
        return switch (texts.size()) {
            case 0 -> "";
            case 1 -> Objects.requireNonNull(texts.getFirst().get("text"));
            default -> texts;
        };
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
            named.put("arguments", arguments(function));
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

    /** Models that call without arguments leave the string empty. */
    private static Map<String, @Nullable Object> arguments(JsonFields function) {
        String spelled = function.requiredString("arguments");
        return spelled.isEmpty() ? Map.of() : JsonReader.object(spelled, function.path("arguments"));
    }

    /** The tools that the layout is to show; none when {@code tool_choice} is none. */
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
