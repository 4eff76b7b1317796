package dev.tramontane.api.responses;

import dev.tramontane.generation.GenerationException;
import java.util.Map;
import java.util.regex.Pattern;

/** What a generation refuses, in the words of responses: lower floors know the fields of chats. Any thread. */
final class ResponseRefusals {
    private static final Map<String, String> FIELDS = Map.of(
            "messages", "input",
            "prompt", "input",
            "max_tokens", "max_output_tokens",
            "reasoning_effort", "reasoning.effort");

    /** A field of chats within a sentence. Places among the messages are not those of items. */
    private static final Pattern NAMED = Pattern.compile(
            "\\b(?:messages\\[\\d+\\](?:\\.[a-z_]+(?:\\[\\d+\\])*)*|max_tokens\\b|reasoning_effort\\b)");

    private ResponseRefusals() {}

    /** The same failure, naming the field of a response's request that is at fault. */
    static Throwable named(Throwable failure) {
        if (!(failure instanceof GenerationException refused)) {
            return failure;
        }
        String message = NAMED.matcher(String.valueOf(refused.getMessage())).replaceAll(found -> field(found.group()));
        return new GenerationException(
                refused.kind(), message, field(refused.parameter()), refused.retryAfterSeconds(), refused.getCause());
    }

    private static String field(String name) {
        return name.startsWith("messages[") ? "input" : FIELDS.getOrDefault(name, name);
    }
}
