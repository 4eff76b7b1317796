package dev.tramontane.api.openai;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.Tools;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.SamplingDefaults;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/completions}.
 *
 * @param logprobs alternatives per token; -1: none wanted
 * @param echo whether the prompt stands before the answer
 * @param calls which of the tools that the prompt shows an answer may call
 */
record CompletionRequest(List<Prompt> prompts, int logprobs, boolean echo, CallRules calls, AnswerOptions options) {

    private static final int DEFAULT_MAX_TOKENS = 16;

    /** @param style in which the model answers */
    static CompletionRequest parse(
            JsonFields fields, RequestLimits limits, SamplingDefaults defaults, AnswerStyle style) {
        boolean echo = fields.flag("echo", false);
        int maxTokens = fields.integer("max_tokens", DEFAULT_MAX_TOKENS, 0, Integer.MAX_VALUE);
        if (maxTokens == 0 && !echo) {
            throw new InvalidJsonException("max_tokens", "max_tokens must be at least 1 unless echo is true");
        }
        AnswerOptions options = AnswerOptions.parse(
                fields, RequestField.Endpoint.COMPLETIONS, OptionalInt.of(maxTokens), limits, defaults);
        fields.only("best_of", (long) options.choices());
        boolean special = fields.flag("add_special_tokens", true);
        ToolFields offered = ToolFields.read(fields);
        Tools tools = offered.shown().isEmpty() ? null : Tools.of(offered.shown());
        String given = fields.string("suffix");
        String suffix = given == null ? "" : given;
        boolean gap = !suffix.isEmpty();
        if (gap && echo) {
            throw new InvalidJsonException("echo", "echo cannot be true beside suffix");
        }
        if (gap && tools != null) {
            throw new InvalidJsonException(
                    "tools", "tools cannot be offered beside suffix: a gap is filled with words");
        }
        if (tools != null && style.calls() == null) {
            throw new InvalidJsonException(
                    "tools",
                    "tools cannot be offered: how this model writes calls is not known. The server's operator can say it with"
                            + " --tool-parser");
        }
        CompletionRequest request = new CompletionRequest(
                gap
                        ? List.of(new Prompt.Infill(fields.requiredString("prompt"), suffix))
                        : prompts(fields, special, tools, limits),
                fields.integer("logprobs", -1, 0, AnswerOptions.MAX_LOGPROBS),
                echo,
                offered.calls(),
                options);
        fields.end();
        return request;
    }

    List<GenerationRequest> generations() {
        int promptTops = Math.max(echo ? logprobs : -1, options.promptLogprobs());
        return prompts.stream()
                .map(prompt -> options.request(prompt, logprobs, promptTops).calling(calls))
                .toList();
    }

    private static List<Prompt> prompts(
            JsonFields fields, boolean special, @Nullable Tools tools, RequestLimits limits) {
        Object value = fields.value("prompt");
        return switch (value) {
            case null -> throw fields.missing("prompt");
            case String text -> List.of(new Prompt.Text(text, special, tools));
            case List<?> list
            when !list.isEmpty() && list.getFirst() instanceof Number -> List.of(ids(list, "prompt", tools));
            case List<?> list when !list.isEmpty() -> several(list, special, tools, limits);
            default -> throw fields.wrong("prompt", "a string, or a non-empty array of strings or of token ids", value);
        };
    }

    private static List<Prompt> several(List<?> list, boolean special, @Nullable Tools tools, RequestLimits limits) {
        if (list.size() > limits.prompts()) {
            throw new InvalidJsonException("prompt", "prompt may have at most " + limits.prompts() + " entries");
        }
        List<Prompt> prompts = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            String path = "prompt[" + i + "]";
            prompts.add(
                    switch (list.get(i)) {
                        case String text -> new Prompt.Text(text, special, tools);
                        case List<?> ids when !ids.isEmpty() -> ids(ids, path, tools);
                        case null, default ->
                            throw JsonFields.wrongAt(path, "a string or a non-empty array of token ids", list.get(i));
                    });
        }
        return prompts;
    }

    private static Prompt ids(List<?> given, String path, @Nullable Tools tools) {
        int[] ids = JsonFields.ids(given, path);
        return tools == null ? new Prompt.Ids(ids) : new Prompt.LaidOut(ids, tools);
    }
}
