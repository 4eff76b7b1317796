package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent.Finished;
import tools.jackson.core.JsonGenerator;

/** Tokens of a whole request: each prompt once, all answers. One thread at a time. */
final class UsageCount {
    private long prompt;
    private long cached;
    private long completion;
    private long reasoning;

    void add(Finished finished) {
        if (finished.choice() == 0) {
            prompt += finished.usage().promptTokens();
            cached += finished.usage().cachedTokens();
        }
        completion += finished.usage().completionTokens();
        reasoning += finished.usage().reasoningTokens();
    }

    void write(JsonGenerator json) {
        write(json, prompt, cached, completion, reasoning);
    }

    static void write(JsonGenerator json, long prompt, long cached, long completion, long reasoning) {
        json.writeName("usage").writeStartObject();
        json.writeNumberProperty("prompt_tokens", prompt);
        json.writeNumberProperty("completion_tokens", completion);
        json.writeNumberProperty("total_tokens", prompt + completion);
        json.writeName("prompt_tokens_details").writeStartObject();
        json.writeNumberProperty("cached_tokens", cached);
        json.writeEndObject();
        if (reasoning > 0) {
            json.writeName("completion_tokens_details").writeStartObject();
            json.writeNumberProperty("reasoning_tokens", reasoning);
            json.writeEndObject();
        }
        json.writeEndObject();
    }
}
