package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Small conversations of words that no template writes by itself, as {@link TemplateProbes} tries them: how a template wants a user's words
 * to come is heeded as soon as it is known.
 */
final class ProbeTalks {
    static final String FILL = "Fine";
    static final String FIRST = "Qalabone1";
    static final String SECOND = "Qalabtwo2";
    static final String NAME = "qalabname3";
    static final String KEY = "qalabkey4";

    /** In a part beside its text: who prints it has printed the part, not the text. */
    static final String LEAK = "Qalableak5";

    private static final String CALL_ID = "qalabid06"; // Nine characters: some templates want as many.

    private List<Map<String, @Nullable Object>> opening = List.of();
    private ContentForm standard = new ContentForm(true, false, false);

    /** From now on conversations that begin with no system message begin with this one; nothing for none. */
    void openWith(List<Map<String, @Nullable Object>> messages) {
        opening = messages;
    }

    /** From now on words come as that form has them. */
    void speakAs(ContentForm form) {
        standard = form;
    }

    /** How words come where nothing else is known of a role. */
    ContentForm standard() {
        return standard;
    }

    /**
     * A conversation in which that role's message has that content.
     *
     * @param silence the content of a message that only calls
     */
    Conversation content(String role, @Nullable Object content, @Nullable String silence) {
        Map<String, @Nullable Object> probed = message(role, content);
        return switch (role) {
            case "system" -> talk(true, probed, user(FILL));
            case "assistant" -> talk(true, user(FILL), probed, user(FILL));
            case "tool" -> talk(true, user(FILL), calling(silence, arguments(FILL)), ofTool(probed));
            default -> talk(true, probed);
        };
    }

    /** What a tool said, a message of its role. */
    Map<String, @Nullable Object> result() {
        return ofTool(message("tool", fit(FILL)));
    }

    private static Map<String, @Nullable Object> ofTool(Map<String, @Nullable Object> message) {
        message.put("tool_call_id", CALL_ID);
        message.put("name", NAME);
        return message;
    }

    /** The same conversation with tools that may be called. */
    static Conversation offering(Conversation talk) {
        return new Conversation(talk.messages(), List.of(tool()), true, false, Map.of());
    }

    /** @param generate whether an answer is asked for */
    Conversation talk(boolean generate, Map<?, ?>... turns) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        if (!"system".equals(turns[0].get("role"))) {
            messages.addAll(opening);
        }
        for (Map<?, ?> turn : turns) {
            Map<String, @Nullable Object> message = new LinkedHashMap<>();
            turn.forEach((name, value) -> message.put(String.valueOf(name), value));
            messages.add(message);
        }
        return new Conversation(messages, List.of(), generate, false, Map.of());
    }

    Map<String, @Nullable Object> user(String words) {
        return message("user", fit(words));
    }

    @Nullable
    Object fit(String words) {
        return standard.fit(words);
    }

    static Map<String, @Nullable Object> message(String role, @Nullable Object content) {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role);
        message.put("content", content);
        return message;
    }

    /** A part of text. */
    static Map<String, Object> part(String words) {
        Map<String, Object> part = new LinkedHashMap<>();
        part.put("type", "text");
        part.put("text", words);
        part.put("mark", LEAK);
        return part;
    }

    /** A message that calls a tool. */
    static Map<String, @Nullable Object> calling(@Nullable Object content, Object arguments) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", NAME);
        function.put("arguments", arguments);
        Map<String, Object> call = new LinkedHashMap<>();
        call.put("id", CALL_ID);
        call.put("type", "function");
        call.put("function", function);
        Map<String, @Nullable Object> message = message("assistant", content);
        message.put("tool_calls", List.of(call));
        return message;
    }

    static Map<String, Object> arguments(String words) {
        return Map.of(KEY, words);
    }

    private static Map<String, @Nullable Object> tool() {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", NAME);
        function.put("description", FILL);
        function.put(
                "parameters",
                Map.of("type", "object", "properties", Map.of(KEY, Map.of("type", "string", "description", FILL))));
        Map<String, @Nullable Object> tool = new LinkedHashMap<>();
        tool.put("type", "function");
        tool.put("function", function);
        return tool;
    }
}
