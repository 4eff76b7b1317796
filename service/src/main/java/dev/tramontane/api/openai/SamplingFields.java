package dev.tramontane.api.openai;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.generation.StopRules;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.model.SamplingParameter;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The fields that say how tokens are sampled and what ends an answer: the same in every protocol. */
public final class SamplingFields {
    /** Its digits; nine are more than any vocabulary has. */
    private static final Pattern TOKEN_ID = Pattern.compile("0|[1-9][0-9]{0,8}");

    private static final SecureRandom SEEDS = new SecureRandom();

    private SamplingFields() {}

    /**
     * Every {@link SamplingParameter}, {@code logit_bias}, {@code allowed_token_ids} and {@code seed}.
     *
     * @param defaults of the model
     */
    public static Sampling sampling(JsonFields fields, RequestLimits limits, SamplingDefaults defaults) {
        Sampling sampling = defaults.sampling();
        for (SamplingParameter parameter : SamplingParameter.values()) {
            OptionalDouble given = number(fields, parameter);
            if (given.isPresent()) {
                sampling = sampling.with(parameter, given.getAsDouble());
            }
        }
        Long seed = fields.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        return sampling.withBias(biases(fields, limits))
                .withAllowed(allowed(fields, limits))
                .withSeed(seed == null ? SEEDS.nextLong() : seed);
    }

    private static OptionalDouble number(JsonFields fields, SamplingParameter parameter) {
        String name = parameter.wireName();
        Object value = fields.value(name);
        if (value == null) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(
                parameter.whole()
                        ? JsonFields.integer(value, fields.path(name), (long) parameter.min(), (long) parameter.max())
                        : JsonFields.number(value, fields.path(name), parameter.min(), parameter.max()));
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
            // Java's own parsers also take signs, zeros in front and digits of other scripts: two names for one id.
            if (!TOKEN_ID.matcher(key).matches()) {
                throw new InvalidJsonException(path, at + " must be named by a token id, as in \"17\"");
            }
            if (bias != null) {
                biases.put(Integer.parseInt(key), (float) JsonFields.number(bias, at, -100, 100));
            }
        });
        return biases;
    }

    /** {@code allowed_token_ids}, as in vLLM: where they are named, none is a mistake. */
    private static Set<Integer> allowed(JsonFields fields, RequestLimits limits) {
        String name = "allowed_token_ids";
        Set<Integer> ids = tokens(fields, name, limits);
        if (ids.isEmpty() && fields.has(name)) {
            throw new InvalidJsonException(
                    fields.path(name), fields.path(name) + " must name at least one id, or be left out to allow all");
        }
        return ids;
    }

    /** {@code stop}, {@code stop_token_ids}, {@code min_tokens} and what goes with them. */
    public static StopRules stops(JsonFields fields, OptionalInt maxTokens, RequestLimits limits) {
        return new StopRules(
                fields.integer("min_tokens", 0, 0, maxTokens.orElse(Integer.MAX_VALUE)),
                strings(fields, limits),
                fields.flag("include_stop_str_in_output", false),
                tokens(fields, "stop_token_ids", limits),
                fields.flag("ignore_eos", false));
    }

    /** {@code stop}: a string or an array of strings. */
    private static List<String> strings(JsonFields fields, RequestLimits limits) {
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
            if (stop.isEmpty() || stop.codePointCount(0, stop.length()) > limits.stopCharacters()) {
                throw new InvalidJsonException(
                        path, path + " strings must have between 1 and " + limits.stopCharacters() + " characters");
            }
        }
        return stops;
    }

    /** An array of token ids; empty where there is none. */
    private static Set<Integer> tokens(JsonFields fields, String name, RequestLimits limits) {
        List<@Nullable Object> given = fields.array(name);
        if (given == null) {
            return Set.of();
        }
        String path = fields.path(name);
        if (given.size() > limits.biases()) {
            throw new InvalidJsonException(path, path + " may have at most " + limits.biases() + " ids");
        }
        Set<Integer> ids = new HashSet<>();
        for (int i = 0; i < given.size(); i++) {
            ids.add((int) JsonFields.integer(given.get(i), path + "[" + i + "]", 0, Integer.MAX_VALUE));
        }
        return ids;
    }
}
