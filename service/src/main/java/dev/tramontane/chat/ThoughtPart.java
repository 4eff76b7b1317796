package dev.tramontane.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A thought among the parts of a content, {@code {"type": "thinking", "thinking": TEXT, "closed": BOOLEAN}}: as
 * mistral-common has it, and as the templates of Mistral's models read it.
 */
public final class ThoughtPart {
    /** What the part calls itself, and the member that holds its text. */
    public static final String TYPE = "thinking";

    /** Whether the thought is over; true where nothing is said. */
    public static final String CLOSED = "closed";

    private ThoughtPart() {}

    /** One with that text. */
    public static Map<String, @Nullable Object> of(String text, boolean closed) {
        Map<String, @Nullable Object> part = new LinkedHashMap<>();
        part.put("type", TYPE);
        part.put(TYPE, text);
        part.put(CLOSED, closed);
        return part;
    }

    /** Whether a part of a content is a thought. */
    static boolean is(@Nullable Object part) {
        return part instanceof Map<?, ?> block && TYPE.equals(block.get("type"));
    }

    /** Whether a content has a thought among its parts. */
    public static boolean isIn(@Nullable Object content) {
        return content instanceof List<?> parts && parts.stream().anyMatch(ThoughtPart::is);
    }

    static String text(Map<?, ?> part) {
        return part.get(TYPE) instanceof String text ? text : "";
    }

    static boolean isClosed(Map<?, ?> part) {
        return !Boolean.FALSE.equals(part.get(CLOSED));
    }
}
