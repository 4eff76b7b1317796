package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a template takes thoughts, that clients send as parts of a content or beside it.
 *
 * @param parts whether it shows an assistant's as parts; else they are given to it beside the content, where it may leave them out
 * @param system whether it shows those of system messages
 */
record ThoughtForm(boolean parts, boolean system) {
    /** Between several that become one, as mistral-common joins them. */
    private static final String JOINT = "\n";

    /** A message with its thoughts where the template looks for them. */
    Map<String, @Nullable Object> fit(Map<String, @Nullable Object> message, String path) {
        Object content = message.get("content");
        if (!"assistant".equals(message.get("role"))) {
            if (ThoughtPart.isIn(content) && !system) {
                throw new ChatLayoutException(
                        path + ".content",
                        path + ".content: this model's chat template does not show thoughts at this place; leave the"
                                + " thinking parts out.");
            }
            return message;
        }
        if (parts) {
            return Messages.reasoning(message) instanceof String thought ? within(message, thought) : message;
        }
        return content instanceof List<?> list && ThoughtPart.isIn(list) ? beside(message, list) : message;
    }

    private static Map<String, @Nullable Object> within(Map<String, @Nullable Object> message, String thought) {
        List<@Nullable Object> all = new ArrayList<>();
        all.add(ThoughtPart.of(thought, true));
        switch (message.get("content")) {
            case String words when !words.isEmpty() -> all.add(Map.of("type", "text", "text", words));
            case List<?> list -> all.addAll(list);
            case null, default -> {}
        }
        Map<String, @Nullable Object> copy = new LinkedHashMap<>(message);
        Messages.NAMES.forEach(copy::remove);
        copy.put("content", all);
        return copy;
    }

    private static Map<String, @Nullable Object> beside(Map<String, @Nullable Object> message, List<?> content) {
        List<@Nullable Object> words = new ArrayList<>();
        List<String> thoughts = new ArrayList<>();
        for (Object part : content) {
            if (part instanceof Map<?, ?> block && ThoughtPart.is(part)) {
                thoughts.add(ThoughtPart.text(block));
            } else {
                words.add(part);
            }
        }
        Map<String, @Nullable Object> copy = new LinkedHashMap<>(message);
        copy.put("content", words.isEmpty() ? "" : words);
        copy.put(Messages.NAMES.getFirst(), String.join(JOINT, thoughts));
        return copy;
    }

    /** Whether an assistant's message, as the client sent it, ends within a thought. */
    static boolean isOpen(Map<String, @Nullable Object> message) {
        return message.get("content") instanceof List<?> parts
                && !parts.isEmpty()
                && ThoughtPart.is(parts.getLast())
                && parts.getLast() instanceof Map<?, ?> part
                && !ThoughtPart.isClosed(part);
    }
}
