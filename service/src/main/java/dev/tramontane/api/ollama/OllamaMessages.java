package dev.tramontane.api.ollama;

import dev.tramontane.api.openai.ToolFields;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns of a chat as layouts expect them. Ollama's calls have objects as arguments and mostly no ids, and a result names its tool: here
 * arguments become text, each call has an id, and a result gets that of the call it answers, which is the first of its name that has none yet.
 */
final class OllamaMessages {
    private static final String MESSAGES = "messages";
    private static final String CALLS = "tool_calls";
    private static final String CONTENT = "content";
    private static final String NAME = "name";
    private static final String FUNCTION = "function";
    private static final String ID = "id";

    /** A call that has no result yet. */
    private record Open(String id, String name) {}

    private final List<Map<String, @Nullable Object>> messages = new ArrayList<>();
    private final List<Open> open = new ArrayList<>();
    private int calls;

    private OllamaMessages() {}

    /** Takes {@code messages}; none where there are none. */
    static List<Map<String, @Nullable Object>> read(JsonFields fields, int most) {
        List<@Nullable Object> given = fields.array(MESSAGES);
        if (given != null && given.size() > most) {
            throw new InvalidJsonException(MESSAGES, MESSAGES + " must have at most " + most + " entries");
        }
        OllamaMessages read = new OllamaMessages();
        for (int i = 0; given != null && i < given.size(); i++) {
            JsonFields message = fields.inner(given.get(i), MESSAGES + "[" + i + "]");
            read.messages.add(read.message(message));
            message.end();
        }
        return read.messages;
    }

    private Map<String, @Nullable Object> message(JsonFields fields) {
        String role = fields.requiredString("role").toLowerCase(Locale.ROOT);
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role);
        message.put(CONTENT, Objects.requireNonNullElse(fields.string(CONTENT), ""));
        fields.only("images", List.of());
        switch (role) {
            case "system", "user" -> words(fields);
            case "assistant" -> assistant(fields, message);
            case "tool" -> result(fields, message);
            default -> throw fields.wrong("role", "system, user, assistant or tool", role);
        }
        return message;
    }

    private static void words(JsonFields fields) {
        if (!fields.has(CONTENT)) {
            throw fields.missing(CONTENT);
        }
        fields.only(CALLS, List.of());
        fields.only("thinking", "");
        fields.only("tool_name", "");
        fields.only("tool_call_id", "");
    }

    private void assistant(JsonFields fields, Map<String, @Nullable Object> message) {
        open.clear();
        String thinking = fields.string("thinking");
        if (thinking != null && !thinking.isEmpty()) {
            message.put("thinking", thinking);
        }
        List<@Nullable Object> given = fields.array(CALLS);
        List<Map<String, @Nullable Object>> made = new ArrayList<>();
        for (int i = 0; given != null && i < given.size(); i++) {
            made.add(call(fields.inner(given.get(i), fields.path(CALLS) + "[" + i + "]")));
        }
        if (!made.isEmpty()) {
            message.put(CALLS, made);
        }
        fields.only("tool_name", "");
        fields.only("tool_call_id", "");
    }

    private Map<String, @Nullable Object> call(JsonFields fields) {
        fields.only("type", FUNCTION);
        fields.harmless("index"); // Open WebUI has it here.
        String given = fields.string(ID);
        JsonFields function = fields.requiredObject(FUNCTION);
        String name = ToolFields.toolName(function);
        function.harmless("index"); // Of the call in its answer, which is its place here.
        Object arguments = function.value("arguments");
        function.end();
        fields.end();
        String id = given == null || given.isEmpty() ? nextId() : given;
        open.add(new Open(id, name));
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        named.put(NAME, name);
        named.put("arguments", text(arguments, function.path("arguments")));
        Map<String, @Nullable Object> call = new LinkedHashMap<>();
        call.put(ID, id);
        call.put("type", FUNCTION);
        call.put(FUNCTION, named);
        return call;
    }

    /** Nine letters and digits, which Mistral's layouts insist on. */
    private String nextId() {
        calls++;
        return "call" + String.format(Locale.ROOT, "%05d", calls);
    }

    private static String text(@Nullable Object arguments, String path) {
        return switch (arguments) {
            case null -> "{}";
            case String text -> text; // As OpenAI's clients have them.
            default -> {
                Map<String, @Nullable Object> object = JsonFields.object(arguments, path);
                yield new String(JsonWriter.bytes(json -> JsonWriter.tree(json, object)), StandardCharsets.UTF_8);
            }
        };
    }

    private void result(JsonFields fields, Map<String, @Nullable Object> message) {
        String id = fields.string("tool_call_id");
        String toolName = fields.string("tool_name");
        String other = fields.string(NAME); // Read whether it is wanted or not: a client may send both.
        String name = toolName == null ? other : toolName;
        fields.only(CALLS, List.of());
        fields.only("thinking", "");
        Open answered = open.stream()
                .filter(call -> id == null || id.isEmpty() || id.equals(call.id()))
                .filter(call -> name == null || name.isEmpty() || name.equals(call.name()))
                .findFirst()
                .orElseThrow(() -> new InvalidJsonException(
                        fields.path("tool_name"),
                        fields.path("tool_name")
                                + ": this result answers no call of the assistant's message before it"));
        open.remove(answered);
        message.put("tool_call_id", answered.id());
        message.put(NAME, answered.name());
    }
}
