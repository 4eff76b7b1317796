package dev.tramontane.api.openai;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.SamplingDefaults;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The body of {@code POST /v1/completions}.
 *
 * @param logprobs alternatives per token; -1: none wanted
 * @param echo whether the prompt stands before the answer
 */
record CompletionRequest(List<Prompt> prompts, int logprobs, boolean echo, AnswerOptions options) {

    private static final int DEFAULT_MAX_TOKENS = 16;

    static CompletionRequest parse(JsonFields fields, RequestLimits limits, SamplingDefaults defaults) {
        boolean echo = fields.flag("echo", false);
        int maxTokens = fields.integer("max_tokens", DEFAULT_MAX_TOKENS, 0, Integer.MAX_VALUE);
        if (maxTokens == 0 && !echo) {
            throw new InvalidJsonException("max_tokens", "max_tokens must be at least 1 unless echo is true");
        }
        AnswerOptions options = AnswerOptions.parse(
                fields, RequestField.Endpoint.COMPLETIONS, OptionalInt.of(maxTokens), limits, defaults);
        fields.only("best_of", (long) options.choices());
        boolean special = fields.flag("add_special_tokens", true);
        String given = fields.string("suffix");
        String suffix = given == null ? "" : given;
        boolean gap = !suffix.isEmpty();
        if (gap && echo) {
            throw new InvalidJsonException("echo", "echo cannot be true beside suffix");
        }
        CompletionRequest request = new CompletionRequest(
                gap
                        ? List.of(new Prompt.Infill(fields.requiredString("prompt"), suffix))
                        : prompts(fields, special, limits),
                fields.integer("logprobs", -1, 0, AnswerOptions.MAX_LOGPROBS),
                echo,
                options);
        fields.end();
        return request;
    }

    List<GenerationRequest> generations() {
        int promptTops = Math.max(echo ? logprobs : -1, options.promptLogprobs());
        return prompts.stream()
                .map(prompt -> options.request(prompt, logprobs, promptTops))
                .toList();
    }

    private static List<Prompt> prompts(JsonFields fields, boolean special, RequestLimits limits) {
        Object value = fields.value("prompt");
        return switch (value) {
            case null -> throw fields.missing("prompt");
            case String text -> List.of(new Prompt.Text(text, special));
            case List<?> list
            when !list.isEmpty() && list.getFirst() instanceof Number ->
                List.of(new Prompt.Ids(JsonFields.ids(list, "prompt")));
            case List<?> list when !list.isEmpty() -> several(list, special, limits);
            default -> throw fields.wrong("prompt", "a string, or a non-empty array of strings or of token ids", value);
        };
    }

    private static List<Prompt> several(List<?> list, boolean special, RequestLimits limits) {
        if (list.size() > limits.prompts()) {
            throw new InvalidJsonException("prompt", "prompt may have at most " + limits.prompts() + " entries");
        }
        List<Prompt> prompts = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            String path = "prompt[" + i + "]";
            prompts.add(
                    switch (list.get(i)) {
                        case String text -> new Prompt.Text(text, special);
                        case List<?> ids when !ids.isEmpty() -> new Prompt.Ids(JsonFields.ids(ids, path));
                        case null, default ->
                            throw JsonFields.wrongAt(path, "a string or a non-empty array of token ids", list.get(i));
                    });
        }
        return prompts;
    }
}
