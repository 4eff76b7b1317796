package dev.tramontane.api.openai;

import dev.tramontane.api.RequestIds;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.generation.AnswerForm;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Guessing;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingDefaults;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What both endpoints let a request say about its answers: OpenAI's fields and vLLM's widely used ones.
 *
 * @param promptLogprobs alternatives per prompt token to report beside the answer; -1: none wanted
 * @param returnIds whether token ids are part of the answer
 * @param usage where a stream tells how many tokens it took
 * @param urgency when they are wanted
 * @param requestId what the answer's id ends in; empty for the server to choose
 * @param form what each answer must be; null where it may be anything
 * @param guessing whether tokens are guessed ahead; null where nothing is said of it
 * @param cacheSalt only what was computed for requests with the same is found in the cache; empty for none
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
        StreamUsage usage,
        UrgencyFields urgency,
        @Nullable Guessing guessing,
        String requestId,
        String cacheSalt,
        @Nullable AnswerForm form) {

    /** Where a stream tells how many tokens it took. */
    enum StreamUsage {
        NOWHERE,
        IN_A_LAST_CHUNK,
        /** And in every chunk, of its choice so far: vLLM's continuous_usage_stats, which load generators read. */
        IN_EVERY_CHUNK
    }

    /** Most alternatives per token. */
    static final int MAX_LOGPROBS = 20;

    /** Characters of a {@code cache_salt}. */
    static final int MAX_SALT = 256;

    /**
     * Takes the fields and settles those that are not honoured; {@code maxTokens} has been read by the endpoint, which knows
     * its names and default.
     *
     * @param defaults of the model
     */
    static AnswerOptions parse(
            JsonFields fields,
            RequestField.Endpoint endpoint,
            OptionalInt maxTokens,
            RequestLimits limits,
            SamplingDefaults defaults) {
        RequestField.settle(fields, endpoint);
        boolean stream = fields.flag("stream", false);
        int promptLogprobs = fields.integer("prompt_logprobs", -1, 0, MAX_LOGPROBS);
        if (stream && promptLogprobs >= 0) {
            throw new InvalidJsonException("prompt_logprobs", "prompt_logprobs cannot be streamed; leave stream out");
        }
        return new AnswerOptions(
                fields.integer("n", 1, 1, limits.choices()),
                maxTokens,
                SamplingFields.stops(fields, maxTokens, limits),
                sampling(fields, limits, defaults),
                !fields.flag("skip_special_tokens", true),
                promptLogprobs,
                fields.flag("return_token_ids", false),
                stream,
                usage(fields, stream),
                UrgencyFields.read(fields),
                GuessingFields.readAll(fields),
                requestId(fields),
                cacheSalt(fields),
                FormFields.read(fields));
    }

    /** Mistral's clients call the seed random_seed. */
    private static Sampling sampling(JsonFields fields, RequestLimits limits, SamplingDefaults defaults) {
        Long other = fields.integer("random_seed", Long.MIN_VALUE, Long.MAX_VALUE);
        if (other != null && fields.has("seed")) {
            throw new InvalidJsonException("random_seed", "random_seed and seed are the same; send one of them");
        }
        Sampling sampling = SamplingFields.sampling(fields, limits, defaults);
        return other == null ? sampling : sampling.withSeed(other);
    }

    private static String requestId(JsonFields fields) {
        String id = fields.string("request_id");
        if (id != null && !RequestIds.wellFormed(id)) {
            throw fields.wrong("request_id", "1 to 128 letters, digits or any of ._:+/=-", id);
        }
        return id == null ? "" : id;
    }

    private static String cacheSalt(JsonFields fields) {
        String salt = fields.string("cache_salt");
        if (salt != null && (salt.isEmpty() || salt.length() > MAX_SALT)) {
            throw new InvalidJsonException("cache_salt", "cache_salt must be 1 to " + MAX_SALT + " characters long");
        }
        return salt == null ? "" : salt;
    }

    /** The request to generate. */
    GenerationRequest request(Prompt prompt, int tops, int promptTops) {
        return new GenerationRequest(prompt, choices, maxTokens, stops, sampling, showControl, tops, promptTops)
                .formed(form)
                .guessed(guessing);
    }

    private static StreamUsage usage(JsonFields fields, boolean stream) {
        JsonFields options = fields.object("stream_options");
        if (options == null) {
            return StreamUsage.NOWHERE;
        }
        if (!stream) {
            throw new InvalidJsonException("stream_options", "stream_options needs stream to be true");
        }
        boolean include = options.flag("include_usage", false);
        boolean continuous = options.flag("continuous_usage_stats", false);
        if (continuous && !include) {
            throw new InvalidJsonException(
                    "stream_options.continuous_usage_stats", "continuous_usage_stats needs include_usage to be true");
        }
        options.harmless("include_obfuscation"); // Padding against traffic analysis; OpenAI lets servers leave it out.
        options.harmless(
                "stream_tool_calls"); // Mistral's way to ask for calls as they are written, which they always are.
        options.end();
        if (continuous) {
            return StreamUsage.IN_EVERY_CHUNK;
        }
        return include ? StreamUsage.IN_A_LAST_CHUNK : StreamUsage.NOWHERE;
    }
}
