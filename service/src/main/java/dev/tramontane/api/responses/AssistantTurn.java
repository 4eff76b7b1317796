package dev.tramontane.api.responses;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A turn of the assistant's while items are joined to it: its texts are put together once, when it is over. Belongs to one request. */
final class AssistantTurn {
    private static final String CONTENT = "content";
    private static final String THOUGHTS = "reasoning_content";
    private static final String CALLS = "tool_calls";

    private final Map<String, @Nullable Object> message;
    private final StringBuilder thoughts = new StringBuilder();

    /** Its words where they are a text. */
    private final StringBuilder words = new StringBuilder();

    private final List<Object> calls = new ArrayList<>();

    /** One that has nothing yet. */
    AssistantTurn() {
        message = new LinkedHashMap<>();
        message.put("role", "assistant");
        message.put(CONTENT, null);
    }

    /** What layouts take, which is not whole before the turn is sealed. */
    Map<String, @Nullable Object> message() {
        return message;
    }

    boolean hasWords() {
        return message.get(CONTENT) != null;
    }

    boolean hasCalls() {
        return message.containsKey(CALLS);
    }

    /** Whether words that are a text can go behind those that there are. */
    boolean endsInText() {
        return message.get(CONTENT) instanceof String;
    }

    /** Its first words, in the form that layouts take. */
    void begin(Map<String, @Nullable Object> spoken) {
        message.putAll(spoken);
        if (spoken.get(CONTENT) instanceof String text) {
            words.append(text);
        }
    }

    /** More words behind the others. */
    void goOn(String text, Map<String, @Nullable Object> more) {
        words.append(text);
        message.putAll(more);
    }

    void think(String text) {
        if (thoughts.isEmpty() && message.get(THOUGHTS) instanceof String sent) { // Beside its words.
            thoughts.append(sent);
        }
        message.putIfAbsent(THOUGHTS, "");
        thoughts.append(text);
    }

    void call(Map<String, @Nullable Object> call) {
        if (calls.isEmpty() && message.get(CALLS) instanceof List<?> sent) { // Likewise.
            calls.addAll(sent);
        }
        message.put(CALLS, calls);
        calls.add(call);
    }

    /** Nothing more comes. One without calls has words, be they none. */
    void seal() {
        if (message.get(CONTENT) instanceof String) {
            message.put(CONTENT, words.toString());
        } else if (!hasCalls()) {
            message.putIfAbsent(CONTENT, "");
        }
        if (!thoughts.isEmpty()) {
            message.put(THOUGHTS, thoughts.toString());
        }
    }
}
