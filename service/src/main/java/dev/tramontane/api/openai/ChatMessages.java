package dev.tramontane.api.openai;

import dev.tramontane.chat.ThoughtPart;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns of a chat as layouts expect them: content as one string or as parts of text, the developer's words as the
 * system's, arguments of tool calls as the model wrote them. Members that are null are left out, and those that are not
 * known here are the layout's to read.
 */
final class ChatMessages {
    private ChatMessages() {}

    /** A message under this name, true for the last one only, is to be continued: Mistral's own API calls it so. */
    static final String PREFIX = "prefix";

    static List<Map<String, @Nullable Object>> messages(JsonFields fields, int most) {
        List<@Nullable Object> given = fields.requiredArray("messages");
        if (given.isEmpty() || given.size() > most) {
            throw new InvalidJsonException("messages", "messages must have between 1 and " + most + " entries");
        }
        List<Map<String, @Nullable Object>> messages = new ArrayList<>(given.size());
        for (int i = 0; i < given.size(); i++) {
            String path = "messages[" + i + "]";
            Map<String, @Nullable Object> message = message(fields.inner(given.get(i), path));
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
        Object content = content(fields, !role.equals("user") && !role.equals("tool"));
        switch (role) {
            case "system", "developer", "user" -> {}
            // A turn may hold calls only, or nothing that anybody was shown.
            case "assistant" -> {
                assistant(fields, message);
                thoughts(fields, message, content);
            }
            case "tool" -> message.put("tool_call_id", fields.requiredString("tool_call_id"));
            default ->
                throw new InvalidJsonException(
                        fields.path("role"),
                        fields.path("role") + " must be system, user, assistant, developer or tool");
        }
        if (content == null && !role.equals("assistant")) {
            throw fields.missing("content");
        }
        message.put("content", content);
        String name = fields.string("name");
        if (name != null) {
            message.put("name", name);
        }
        // Words that would be lost. Whatever else there is, a layout may read.
        fields.refuse("refusal", "put the words into content");
        fields.refuse("audio", "this server reads text only; put the transcript into content");
        fields.refuse("function_call", "use tool_calls");
        if (!role.equals("assistant")) {
            fields.refuse("tool_calls", "only the assistant makes calls");
            fields.refuse(PREFIX, "it is for the assistant's last message, which is to be continued");
        }
        message.putAll(fields.rest());
        return message;
    }

    private static void assistant(JsonFields fields, Map<String, @Nullable Object> message) {
        List<Map<String, @Nullable Object>> toolCalls = toolCalls(fields);
        if (!toolCalls.isEmpty()) {
            message.put("tool_calls", toolCalls);
        }
        if (fields.flag(PREFIX, false)) {
            message.put(PREFIX, true);
        }
    }

    /** Thoughts beside the content, as DeepSeek's, vLLM's and SGLang's APIs have them. */
    private static void thoughts(JsonFields fields, Map<String, @Nullable Object> message, @Nullable Object content) {
        String only = null;
        for (String name : List.of("reasoning_content", "reasoning")) {
            String thought = fields.string(name);
            if (thought == null) {
                continue;
            }
            if (ThoughtPart.isIn(content)) {
                throw new InvalidJsonException(
                        fields.path(name),
                        fields.path(name) + " and the thinking parts of the content say the same; send one of them");
            }
            if (only != null && !only.equals(thought)) {
                throw new InvalidJsonException(
                        fields.path(name), fields.path(name) + " and reasoning_content differ; send one of them");
            }
            only = thought;
            message.put(name, thought);
        }
    }

    /** @param thoughts whether some of it may be thoughts */
    private static @Nullable Object content(JsonFields fields, boolean thoughts) {
        Object content = fields.value("content");
        return switch (content) {
            case null -> null;
            case String text -> text;
            case List<?> parts -> parts(parts, fields, thoughts);
            default -> throw fields.wrong("content", "a string or an array of parts", content);
        };
    }

    /** Parts as they were sent: what stands between them, and what else of them is read, is the layout's to say. */
    private static Object parts(List<?> parts, JsonFields message, boolean thoughts) {
        List<Map<String, @Nullable Object>> all = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            JsonFields part = message.inner(parts.get(i), message.path("content") + "[" + i + "]");
            String type = part.requiredString("type");
            if (thoughts && type.equals(ThoughtPart.TYPE)) {
                all.add(thought(part));
                continue;
            }
            if (!type.equals("text")) {
                String wanted = thoughts ? "text or thinking" : "text";
                throw part.wrong("type", wanted + " (this server takes text only)", type);
            }
            Map<String, @Nullable Object> text = new LinkedHashMap<>();
            text.put("type", "text");
            text.put("text", part.requiredString("text"));
            text.putAll(part.rest());
            all.add(text);
        }
        return all.isEmpty() ? "" : all;
    }

    /** As Mistral's API has it, the thought in parts of text, or as mistral-common has it, as one text. */
    private static Map<String, @Nullable Object> thought(JsonFields part) {
        Object given = part.value(ThoughtPart.TYPE);
        StringBuilder text = new StringBuilder();
        switch (given) {
            case null -> throw part.missing(ThoughtPart.TYPE);
            case String words -> text.append(words);
            case List<?> texts -> {
                for (int i = 0; i < texts.size(); i++) {
                    JsonFields each = part.inner(texts.get(i), part.path(ThoughtPart.TYPE) + "[" + i + "]");
                    String type = each.requiredString("type");
                    if (!type.equals("text")) {
                        throw each.wrong("type", "text", type);
                    }
                    text.append(each.requiredString("text"));
                    each.end();
                }
            }
            default -> throw part.wrong(ThoughtPart.TYPE, "a string or an array of parts", given);
        }
        Map<String, @Nullable Object> thought = ThoughtPart.of(text.toString(), part.flag(ThoughtPart.CLOSED, true));
        thought.putAll(part.rest());
        return thought;
    }

    private static List<Map<String, @Nullable Object>> toolCalls(JsonFields fields) {
        List<@Nullable Object> given = fields.array("tool_calls");
        List<Map<String, @Nullable Object>> calls = new ArrayList<>();
        for (int i = 0; given != null && i < given.size(); i++) {
            JsonFields call = fields.inner(given.get(i), fields.path("tool_calls") + "[" + i + "]");
            JsonFields function = function(call);
            Map<String, @Nullable Object> named = new LinkedHashMap<>();
            named.put("name", ToolFields.toolName(function));
            // Whatever a model wrote, JSON or not; models that call without arguments write nothing.
            String arguments = function.string("arguments");
            named.put("arguments", arguments == null ? "" : arguments);
            named.putAll(function.rest());
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            entry.put("id", call.requiredString("id"));
            entry.put("type", "function");
            entry.put("function", named);
            call.harmless("index"); // Clients that joined streamed deltas send it back.
            entry.putAll(call.rest());
            calls.add(entry);
        }
        return calls;
    }

    private static JsonFields function(JsonFields holder) {
        holder.only("type", "function");
        return holder.requiredObject("function");
    }
}
