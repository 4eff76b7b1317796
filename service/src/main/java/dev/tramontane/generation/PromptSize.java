package dev.tramontane.generation;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How much work it is to prepare a prompt: about its characters. Quick whatever the prompt. */
final class PromptSize {
    /** Values of a conversation that are looked at; one of more counts as the longest. */
    private static final int MOST_VALUES = 4096;

    private static final long LONGEST = 1 << 24;

    private PromptSize() {}

    static long of(Prompt prompt) {
        return switch (prompt) {
            case Prompt.Text text -> text.text().length();
            case Prompt.Infill infill ->
                infill.prefix().length() + (long) infill.suffix().length();
            case Prompt.Known known -> known.ids().length;
            case Prompt.Chat chat -> {
                long messages = of(chat.conversation().messages());
                yield messages + of(chat.conversation().tools()) + chat.computed().length;
            }
        };
    }

    private static long of(Object root) {
        ArrayDeque<Object> open = new ArrayDeque<>();
        open.add(root);
        long size = 0;
        for (int seen = 0; !open.isEmpty(); seen++) {
            if (seen == MOST_VALUES) {
                return LONGEST;
            }
            Object value = open.remove();
            size++;
            if (value instanceof String text) {
                size += text.length();
            } else if (value instanceof Map<?, ?> map) {
                if (!addAll(open, map.values())) {
                    return LONGEST;
                }
            } else if (value instanceof Collection<?> list && !addAll(open, list)) {
                return LONGEST;
            }
        }
        return size;
    }

    private static boolean addAll(ArrayDeque<Object> open, Collection<? extends @Nullable Object> values) {
        if (open.size() + values.size() > MOST_VALUES) {
            return false;
        }
        for (Object value : values) {
            if (value != null) {
                open.add(value);
            }
        }
        return true;
    }
}
