package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Guessing;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.SamplingDefaults;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/chat/completions}.
 *
 * @param thinking tokens that thoughts may have
 * @param topLogprobs alternatives per token; -1: no log-probabilities wanted
 * @param guessing whether tokens are guessed ahead, and what the answer is expected to say
 * @param thoughts where they stand in the answer
 */
record ChatRequest(
        ConversationFields asked,
        OptionalInt thinking,
        @Nullable Guessing guessing,
        int topLogprobs,
        ThoughtShape thoughts,
        AnswerOptions options) {

    /** @param thoughts the header {@link ThoughtShape#HEADER}, or null */
    static ChatRequest parse(
            JsonFields fields, ApiConfig config, SamplingDefaults defaults, @Nullable String thoughts) {
        AnswerOptions options =
                AnswerOptions.parse(fields, RequestField.Endpoint.CHAT, maxTokens(fields), config.requests(), defaults);
        ChatRequest request = new ChatRequest(
                ConversationFields.read(fields, config),
                ReasoningFields.budget(fields),
                GuessingFields.expecting(fields, options.guessing()),
                topLogprobs(fields),
                ThoughtShape.read(fields, thoughts),
                options);
        fields.end();
        return request;
    }

    List<GenerationRequest> generations() {
        return List.of(options.request(new Prompt.Chat(asked.conversation()), topLogprobs, options.promptLogprobs())
                .calling(asked.calls())
                .thinkingAtMost(thinking)
                .guessed(guessing));
    }

    private static OptionalInt maxTokens(JsonFields fields) {
        Long old = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
        Long now = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        if (old != null && now != null && !old.equals(now)) {
            throw new InvalidJsonException(
                    "max_tokens", "max_tokens and max_completion_tokens differ; send max_completion_tokens only");
        }
        Long given = now == null ? old : now;
        return given == null ? OptionalInt.empty() : OptionalInt.of(given.intValue());
    }

    private static int topLogprobs(JsonFields fields) {
        boolean wanted = fields.flag("logprobs", false);
        int tops = fields.integer("top_logprobs", 0, 0, AnswerOptions.MAX_LOGPROBS);
        if (!wanted && tops > 0) {
            throw new InvalidJsonException("top_logprobs", "top_logprobs needs logprobs to be true");
        }
        return wanted ? tops : -1;
    }
}
