package dev.tramontane.api.openai;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingDefaults;
import java.util.OptionalInt;

/**
 * What both endpoints let a request say about its answers: OpenAI's fields and vLLM's widely used ones.
 *
 * @param promptLogprobs alternatives per prompt token to report beside the answer; -1: none wanted
 * @param returnIds whether token ids are part of the answer
 * @param includeUsage whether a stream ends with a chunk of usage
 */
record AnswerOptions(
        int choices,
        OptionalInt maxTokens,
        StopRules stops,
        Sampling sampling,
        boolean showControl,
        int promptLogprobs,
        boolean returnIds,
        boolean stream,
        boolean includeUsage) {

    /** Most alternatives per token. */
    static final int MAX_LOGPROBS = 20;

    /**
     * Takes the fields; {@code asked} has been read by the endpoint, which knows its names and default.
     *
     * @param defaults of the model
     */
    static AnswerOptions parse(JsonFields fields, OptionalInt asked, RequestLimits limits, SamplingDefaults defaults) {
        OptionalInt maxTokens = defaults.limited(asked);
        boolean stream = fields.flag("stream", false);
        int promptLogprobs = fields.integer("prompt_logprobs", -1, 0, MAX_LOGPROBS);
        if (stream && promptLogprobs >= 0) {
            throw new InvalidJsonException("prompt_logprobs", "prompt_logprobs cannot be streamed; leave stream out");
        }
        ignoreHarmless(fields);
        return new AnswerOptions(
                fields.integer("n", 1, 1, limits.choices()),
                maxTokens,
                SamplingFields.stops(fields, maxTokens, limits),
                SamplingFields.sampling(fields, limits, defaults),
                !fields.flag("skip_special_tokens", true),
                promptLogprobs,
                fields.flag("return_token_ids", false),
                stream,
                includeUsage(fields, stream));
    }

    /** The request to generate. */
    GenerationRequest request(Prompt prompt, int tops, int promptTops) {
        return new GenerationRequest(prompt, choices, maxTokens, stops, sampling, showControl, tops, promptTops);
    }

    private static boolean includeUsage(JsonFields fields, boolean stream) {
        JsonFields options = fields.object("stream_options");
        if (options == null) {
            return false;
        }
        if (!stream) {
            throw new InvalidJsonException("stream_options", "stream_options needs stream to be true");
        }
        boolean include = options.flag("include_usage", false);
        options.harmless("include_obfuscation"); // Padding against traffic analysis; OpenAI lets servers leave it out.
        options.only("continuous_usage_stats", false);
        options.end();
        return include;
    }

    /** Fields that are served only at their defaults, and those that change nothing about an answer. */
    private static void ignoreHarmless(JsonFields fields) {
        fields.harmless("user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention");
        fields.only("store", false);
        fields.only("service_tier", "auto", "default");
        fields.only("use_beam_search", false);
        fields.only("length_penalty", 1L, 1.0);
        fields.only("spaces_between_special_tokens", true);
        fields.only("priority", 0L);
        fields.refuse("truncate_prompt_tokens", "send a prompt that fits");
        JsonFields format = fields.object("response_format");
        if (format != null) {
            format.only("type", "text");
            format.end();
        }
    }
}
