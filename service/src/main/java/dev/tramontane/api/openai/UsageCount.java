package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent.Finished;
import tools.jackson.core.JsonGenerator;

/** Tokens of a whole request: each prompt once, all answers. One thread at a time. */
final class UsageCount {
    private long prompt;
    private long cached;
    private long completion;
    private long reasoning;
    private long accepted;
    private long rejected;

    void add(Finished finished) {
        if (finished.choice() == 0) {
            prompt += finished.usage().promptTokens();
            cached += finished.usage().cachedTokens();
        }
        completion += finished.usage().completionTokens();
        reasoning += finished.usage().reasoningTokens();
        accepted += finished.usage().acceptedTokens();
        rejected += finished.usage().rejectedTokens();
    }

    void write(JsonGenerator json) {
        write(json, prompt, cached, completion, reasoning, accepted, rejected);
    }

    static void write(
            JsonGenerator json,
            long prompt,
            long cached,
            long completion,
            long reasoning,
            long accepted,
            long rejected) {
        json.writeName("usage").writeStartObject();
        json.writeNumberProperty("prompt_tokens", prompt);
        json.writeNumberProperty("completion_tokens", completion);
        json.writeNumberProperty("total_tokens", prompt + completion);
        json.writeName("prompt_tokens_details").writeStartObject();
        json.writeNumberProperty("cached_tokens", cached);
        json.writeEndObject();
        boolean guessed = accepted + rejected > 0;
        if (reasoning > 0 || guessed) {
            json.writeName("completion_tokens_details").writeStartObject();
            json.writeNumberProperty("reasoning_tokens", reasoning);
            if (guessed) {
                json.writeNumberProperty("accepted_prediction_tokens", accepted);
                json.writeNumberProperty("rejected_prediction_tokens", rejected);
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }
}
