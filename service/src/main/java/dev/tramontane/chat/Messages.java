package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What is done to messages before a template sees them, as transformers and vLLM do it. */
final class Messages {

    private Messages() {}

    /** An assistant's reasoning is there under the names that templates look for, however the client called it. */
    static List<Map<String, @Nullable Object>> withReasoning(List<Map<String, @Nullable Object>> messages) {
        List<Map<String, @Nullable Object>> all = new ArrayList<>(messages.size());
        for (Map<String, @Nullable Object> message : messages) {
            Object reasoning = Stream.of("reasoning_content", "thinking", "reasoning")
                    .map(message::get)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
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
