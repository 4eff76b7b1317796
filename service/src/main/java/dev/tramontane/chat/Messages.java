package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is done to messages before a template sees them, as transformers and vLLM do it. */
final class Messages {
    /** The first that is there counts. */
    static final List<String> NAMES = List.of("reasoning_content", "thinking", "reasoning");

    private Messages() {}

    /** What an assistant thought, as it stands beside the content, under any of the names that there are for it; or null. */
    static @Nullable Object reasoning(Map<String, @Nullable Object> message) {
        return NAMES.stream()
                .map(message::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** An assistant's reasoning is there under the names that templates look for, however the client called it. */
    static List<Map<String, @Nullable Object>> withReasoning(List<Map<String, @Nullable Object>> messages) {
        List<Map<String, @Nullable Object>> all = new ArrayList<>(messages.size());
        for (Map<String, @Nullable Object> message : messages) {
            Object reasoning = reasoning(message);
            Map<String, @Nullable Object> copy = new LinkedHashMap<>();
            if (reasoning != null) {
                copy.put("thinking", reasoning);
            }
            copy.putAll(message);
            if (reasoning != null) {
                copy.put("reasoning_content", reasoning);
            }
            all.add(copy);
        }
        return all;
    }
}
