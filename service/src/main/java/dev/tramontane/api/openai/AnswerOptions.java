package dev.tramontane.api.openai;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.json.InvalidJsonException;
import dev.tramontane.api.json.JsonFields;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.model.Sampling;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
        int minTokens,
        Sampling sampling,
        List<String> stop,
        boolean includeStop,
        Set<Integer> stopTokens,
        boolean ignoreEnd,
        boolean showControl,
        int promptLogprobs,
        boolean returnIds,
        boolean stream,
        boolean includeUsage) {

    /** Most alternatives per token. */
    static final int MAX_LOGPROBS = 20;

    private static final double MAX_TEMPERATURE = 10;
    private static final double MAX_REPETITION_PENALTY = 10;
    private static final SecureRandom SEEDS = new SecureRandom();

    /** Takes the fields; {@code maxTokens} has been read by the endpoint, which knows its names and default. */
    static AnswerOptions parse(JsonFields fields, OptionalInt maxTokens, RequestLimits limits) {
        boolean stream = fields.flag("stream", false);
        int minTokens = fields.integer("min_tokens", 0, 0, maxTokens.orElse(Integer.MAX_VALUE));
        int promptLogprobs = fields.integer("prompt_logprobs", -1, 0, MAX_LOGPROBS);
        if (stream && promptLogprobs >= 0) {
            throw new InvalidJsonException("prompt_logprobs", "prompt_logprobs cannot be streamed; leave stream out");
        }
        ignoreHarmless(fields);
        return new AnswerOptions(
                fields.integer("n", 1, 1, limits.choices()),
                maxTokens,
                minTokens,
                sampling(fields, limits),
                stops(fields, limits),
                fields.flag("include_stop_str_in_output", false),
                stopTokens(fields, limits),
                fields.flag("ignore_eos", false),
                !fields.flag("skip_special_tokens", true),
                promptLogprobs,
                fields.flag("return_token_ids", false),
                stream,
                includeUsage(fields, stream));
    }

    /** The request to generate. */
    GenerationRequest request(Prompt prompt, int tops, int promptTops) {
        return new GenerationRequest(
                prompt,
                choices,
                maxTokens,
                minTokens,
                sampling,
                stop,
                includeStop,
                stopTokens,
                ignoreEnd,
                showControl,
                tops,
                promptTops);
    }

    private static Sampling sampling(JsonFields fields, RequestLimits limits) {
        Long seed = fields.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        Long topK = fields.integer("top_k", -1, Integer.MAX_VALUE);
        return new Sampling(
                fields.number("temperature", 1, 0, MAX_TEMPERATURE),
                topK == null ? 0 : Math.max(0, topK.intValue()), // vLLM switches it off by -1, others by 0.
                Math.max(
                        Float.MIN_NORMAL,
                        fields.number("top_p", 1, 0, 1)), // 0 keeps the likeliest token, as 1e-9 does.
                fields.number("min_p", 0, 0, 1),
                fields.number("repetition_penalty", 1, 0.01, MAX_REPETITION_PENALTY),
                fields.number("presence_penalty", 0, -2, 2),
                fields.number("frequency_penalty", 0, -2, 2),
                biases(fields, limits),
                seed == null ? SEEDS.nextLong() : seed);
    }

    private static Map<Integer, Float> biases(JsonFields fields, RequestLimits limits) {
        Object value = fields.value("logit_bias");
        if (value == null) {
            return Map.of();
        }
        String path = fields.path("logit_bias");
        Map<String, @Nullable Object> given = JsonFields.object(value, path);
        if (given.size() > limits.biases()) {
            throw new InvalidJsonException(path, path + " may have at most " + limits.biases() + " entries");
        }
        Map<Integer, Float> biases = new HashMap<>();
        given.forEach((key, bias) -> {
            String at = path + "[\"" + key + "\"]";
            try {
                biases.put(Integer.parseUnsignedInt(key), (float) JsonFields.number(bias, at, -100, 100));
            } catch (NumberFormatException noId) {
                throw new InvalidJsonException(path, at + " must be named by a token id");
            }
        });
        return biases;
    }

    private static List<String> stops(JsonFields fields, RequestLimits limits) {
        Object value = fields.value("stop");
        String path = fields.path("stop");
        List<String> stops = new ArrayList<>();
        switch (value) {
            case null -> {}
            case String one -> stops.add(one);
            case List<?> several -> {
                for (int i = 0; i < several.size(); i++) {
                    stops.add(JsonFields.string(several.get(i), path + "[" + i + "]"));
                }
            }
            default -> throw fields.wrong("stop", "a string or an array of strings", value);
        }
        if (stops.size() > limits.stopStrings()) {
            throw new InvalidJsonException(path, path + " may have at most " + limits.stopStrings() + " strings");
        }
        for (String stop : stops) {
            if (stop.isEmpty() || stop.length() > limits.stopCharacters()) {
                throw new InvalidJsonException(
                        path, path + " strings must have between 1 and " + limits.stopCharacters() + " characters");
            }
        }
        return stops;
    }

    private static Set<Integer> stopTokens(JsonFields fields, RequestLimits limits) {
        List<@Nullable Object> given = fields.array("stop_token_ids");
        if (given == null) {
            return Set.of();
        }
        String path = fields.path("stop_token_ids");
        if (given.size() > limits.biases()) {
            throw new InvalidJsonException(path, path + " may have at most " + limits.biases() + " ids");
        }
        Set<Integer> ids = new HashSet<>();
        for (int i = 0; i < given.size(); i++) {
            ids.add((int) JsonFields.integer(given.get(i), path + "[" + i + "]", 0, Integer.MAX_VALUE));
        }
        return ids;
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
