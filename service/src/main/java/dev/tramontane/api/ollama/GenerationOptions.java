package dev.tramontane.api.ollama;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.openai.RequestField;
import dev.tramontane.api.openai.SamplingFields;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.StopRules;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The {@code options} of a request. What is not said is what the model suggests, as everywhere in this server.
 *
 * @param maxTokens of the answer; empty: to the end of the context
 */
record GenerationOptions(OptionalInt maxTokens, StopRules stops, Sampling sampling) {
    private static final String OPTIONS = "options";
    private static final String SEED = "seed";
    private static final String PENALTY = "repeat_penalty";

    /** Takes {@code options} of a body. */
    static GenerationOptions read(JsonFields body, RequestLimits limits, ModelProfile profile) {
        Object value = body.value(OPTIONS);
        Map<String, @Nullable Object> given =
                value == null ? Map.of() : new LinkedHashMap<>(JsonFields.object(value, body.path(OPTIONS)));
        if (Long.valueOf(-1).equals(given.get(SEED))) {
            given.remove(SEED); // Draws one.
        }
        JsonFields options = body.inner(given, body.path(OPTIONS));
        RequestField.settle(options, RequestField.Endpoint.OLLAMA_OPTIONS);
        int predict = options.integer("num_predict", -1, -2, Integer.MAX_VALUE);
        OptionalInt maxTokens = predict < 1 ? OptionalInt.empty() : OptionalInt.of(predict);
        context(options, profile);
        Sampling sampling = penalised(options, SamplingFields.sampling(options, limits, profile.sampling()));
        span(options, sampling);
        GenerationOptions read =
                new GenerationOptions(maxTokens, SamplingFields.stops(options, maxTokens, limits), sampling);
        options.end();
        return read;
    }

    /** The context has the server's size, so that an answer has no less room than was asked for. */
    private static void context(JsonFields options, ModelProfile profile) {
        int asked = options.integer("num_ctx", 0, 0, Integer.MAX_VALUE);
        if (asked > profile.contextTokens()) {
            throw new InvalidJsonException(
                    options.path("num_ctx"),
                    options.path("num_ctx") + " is " + asked + ", and this server's context has "
                            + profile.contextTokens() + " tokens; its operator can give it more with --context");
        }
    }

    private static Sampling penalised(JsonFields options, Sampling sampling) {
        Object penalty = options.value(PENALTY);
        if (penalty == null) {
            return sampling;
        }
        SamplingParameter parameter = SamplingParameter.REPETITION_PENALTY;
        if (options.has(parameter.wireName())) {
            throw new InvalidJsonException(
                    options.path(PENALTY),
                    options.path(PENALTY) + " and " + options.path(parameter.wireName())
                            + " are the same; send one of them");
        }
        return sampling.with(
                parameter, JsonFields.number(penalty, options.path(PENALTY), parameter.min(), parameter.max()));
    }

    /** Penalties look at the whole context: a number of tokens means nothing where there are none, and something else where there are. */
    private static void span(JsonFields options, Sampling sampling) {
        String name = "repeat_last_n";
        int tokens = options.integer(name, -1, -1, Integer.MAX_VALUE);
        if (tokens != -1 && sampling.penalises()) {
            throw new InvalidJsonException(
                    options.path(name),
                    options.path(name) + " must be -1 where there are penalties: they look at all tokens");
        }
    }
}
