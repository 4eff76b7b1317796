package dev.tramontane.api.responses;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Something that was said in a conversation, by whomever. Immutable. */
public sealed interface Item {
    /** An item's objects, beside its texts. */
    long BASE = 256;

    /**
     * A message as it was sent.
     *
     * @param role user, assistant, system or developer
     * @param content a text, or a list of parts with "type" and "text"
     * @param more fields that only the chat layout knows
     */
    record Message(String role, Object content, Map<String, @Nullable Object> more) implements Item {}

    /** What the model thought. */
    record Thought(String text) implements Item {}

    /**
     * A tool was called.
     *
     * @param arguments as the model wrote them
     * @param whole false where its answer was cut: nobody answers such a one, and it is no part of what follows
     */
    record Call(String id, String name, String arguments, boolean whole) implements Item {}

    /**
     * What a tool said.
     *
     * @param content as of a message
     * @param more likewise
     */
    record Output(String callId, Object content, Map<String, @Nullable Object> more) implements Item {}

    static Item user(String text) {
        return new Message("user", text, Map.of());
    }

    static Item assistant(String text) {
        return new Message("assistant", text, Map.of());
    }

    /** Bytes of heap that it takes: an estimate from above. */
    default long weight() {
        long characters = switch (this) {
            case Message message -> length(message.content());
            case Thought thought -> thought.text().length();
            case Call call ->
                call.id().length()
                        + call.name().length()
                        + (long) call.arguments().length();
            case Output output -> output.callId().length() + length(output.content());
        };
        return BASE + 2 * characters;
    }

    private static long length(Object content) {
        return texts(content).stream().mapToLong(String::length).sum();
    }

    /** The texts of a content's parts. */
    static List<String> texts(Object content) {
        if (!(content instanceof List<?> parts)) {
            return List.of((String) content);
        }
        return parts.stream()
                .map(part -> String.valueOf(((Map<?, ?>) part).get("text")))
                .toList();
    }

    /** A part of a content. */
    static Map<String, @Nullable Object> part(String text) {
        Map<String, @Nullable Object> part = new LinkedHashMap<>();
        part.put("type", "text");
        part.put("text", text);
        return part;
    }
}
