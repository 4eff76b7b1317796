package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The forms of content that a template shows, of one role's messages.
 *
 * @param text a string
 * @param part a list of one part
 * @param parts a list of several, each of them
 */
record ContentForm(boolean text, boolean part, boolean parts) {
    /** What stands between the texts of parts that become one, as vLLM joins them. */
    private static final String JOINT = "\n";

    boolean showsAny() {
        return text || part || parts;
    }

    /** The content in a form that is shown; as it is where that is already so, or where none is. */
    @Nullable
    Object fit(@Nullable Object content) {
        return switch (content) {
            case String words -> words.isEmpty() || text || !showsAny() ? words : List.of(part(words, Map.of()));
            case List<?> list when list.isEmpty() -> "";
            case List<?> list -> list(list);
            case null, default -> content;
        };
    }

    private Object list(List<?> list) {
        boolean shown = list.size() == 1 ? part || parts : parts;
        String words = shown || !showsAny() ? null : joined(list);
        if (words == null) {
            return list;
        }
        return text ? words : List.of(part(words, (Map<?, ?>) list.getFirst()));
    }

    /** The texts as one, or null where a part is something else. */
    private static @Nullable String joined(List<?> parts) {
        List<String> texts = new ArrayList<>(parts.size());
        for (Object part : parts) {
            if (!(part instanceof Map<?, ?> block && block.get("text") instanceof String words)) {
                return null;
            }
            texts.add(words);
        }
        return String.join(JOINT, texts);
    }

    /** @param like a part whose further members it has */
    private static Map<Object, @Nullable Object> part(String words, Map<?, ?> like) {
        Map<Object, @Nullable Object> part = new LinkedHashMap<>(like);
        part.put("type", "text");
        part.put("text", words);
        return part;
    }
}
