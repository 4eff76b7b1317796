package dev.tramontane.api.responses;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A conversation up to a response's answer, which is its last message; that response's instructions are no part of it. Not
 * to be changed.
 *
 * @param messages as a chat layout takes them
 * @param ids of its tokens as they were computed, instructions included
 */
public record Past(List<Map<String, @Nullable Object>> messages, int[] ids) {
    /** Nothing was said. */
    public static final Past NONE = new Past(List.of(), new int[0]);

    /** It is looked up when it is the request's turn. */
    public static final Past LATER = new Past(List.of(), new int[0]);
}
