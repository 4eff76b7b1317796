package dev.tramontane.api.tgi;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.openai.FormFields;
import dev.tramontane.api.openai.GuessingFields;
import dev.tramontane.api.openai.RequestField;
import dev.tramontane.api.openai.SamplingFields;
import dev.tramontane.api.openai.UrgencyFields;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Guessing;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A body with {@code inputs} and {@code parameters}.
 *
 * @param stream whether the answer comes as events
 * @param urgency when it is wanted
 * @param text what stands before the answer; empty where only the answer is wanted
 * @param told what of it is told beside its text
 */
record TextRequest(boolean stream, UrgencyFields urgency, String text, Told told, GenerationRequest generation) {
    private static final String STREAM = "stream";
    private static final int MOST_TOPS = 20;

    /**
     * What is told beside the text.
     *
     * @param details whether anything is, but for the tokens of streams
     * @param tops alternatives of each token
     * @param seed with which it was drawn; empty where nothing was left to chance
     */
    record Told(boolean details, int tops, OptionalLong seed) {}

    /** Where a request came to, which decides what holds where it says nothing. */
    enum At {
        /** The endpoint itself: the text with its continuation, as events if the body says so. */
        ROOT,
        GENERATE,
        STREAM
    }

    /**
     * The adapter that a body asks for, which is the model then; null for none. Before {@link #read}, which passes over it.
     */
    static @Nullable String adapter(JsonFields fields) {
        Object given = fields.value("parameters");
        return fields.inner(given == null ? Map.of() : given, fields.path("parameters"))
                .string("adapter_id");
    }

    static TextRequest read(JsonFields fields, At at, RequestLimits limits, ModelProfile profile) {
        RequestField.settle(fields, RequestField.Endpoint.TGI);
        boolean stream = at == At.ROOT ? fields.flag(STREAM, false) : at == At.STREAM;
        if (at != At.ROOT) {
            fields.only(STREAM, stream);
        }
        String inputs = fields.requiredString("inputs");
        UrgencyFields urgency = UrgencyFields.read(fields);
        Guessing guessing = GuessingFields.read(fields);
        Object given = fields.value("parameters");
        JsonFields parameters = fields.inner(given == null ? Map.of() : given, fields.path("parameters"));
        RequestField.settle(parameters, RequestField.Endpoint.TGI_PARAMETERS);
        parameters.string("adapter_id");
        boolean full = parameters.flag("return_full_text", at == At.ROOT);
        boolean prefill = parameters.flag("decoder_input_details", false);
        if (prefill && stream) {
            throw new InvalidJsonException(
                    parameters.path("decoder_input_details"),
                    parameters.path("decoder_input_details") + " cannot be streamed; leave it or the stream out");
        }
        boolean details = parameters.flag("details", false) || prefill;
        int tops = parameters.integer("top_n_tokens", 0, 0, MOST_TOPS);
        if (tops > 0 && !details && !stream) {
            throw new InvalidJsonException(
                    parameters.path("top_n_tokens"),
                    parameters.path("top_n_tokens")
                            + " are told with details or in a stream; ask for one, or leave it out");
        }
        boolean drawn = drawn(parameters);
        int choices = choices(parameters, limits, drawn, stream);
        Sampling sampling = sampling(parameters, limits, profile, drawn);
        OptionalInt maxTokens = maxTokens(parameters);
        StopRules stops = SamplingFields.stops(parameters, maxTokens, limits);
        GenerationRequest generation = new GenerationRequest(
                        new Prompt.Text(inputs),
                        choices,
                        maxTokens,
                        // What ended the text is a part of it.
                        new StopRules(stops.minTokens(), stops.strings(), true, stops.tokens(), stops.ignoreEnd()),
                        sampling,
                        false,
                        stream || details || choices > 1 ? tops : -1,
                        prefill ? 0 : -1)
                .formed(FormFields.ofTgi(parameters))
                .guessed(guessing);
        parameters.end();
        fields.end();
        OptionalLong seed = drawn ? OptionalLong.of(sampling.seed()) : OptionalLong.empty();
        return new TextRequest(stream, urgency, full ? inputs : "", new Told(details, tops, seed), generation);
    }

    /** Without any of these the likeliest token is taken. */
    private static boolean drawn(JsonFields parameters) {
        boolean shaped = Stream.of("temperature", "top_k", "top_p").anyMatch(parameters::has);
        return parameters.flag("do_sample", false) || shaped;
    }

    private static Sampling sampling(JsonFields parameters, RequestLimits limits, ModelProfile profile, boolean drawn) {
        boolean seeded = parameters.has("seed");
        Sampling sampling = SamplingFields.sampling(parameters, limits, profile.sampling());
        if (!seeded) {
            sampling = sampling.withSeed(sampling.seed() & Long.MAX_VALUE); // It is told as a number without a sign.
        }
        return drawn ? sampling : sampling.with(SamplingParameter.TEMPERATURE, 0);
    }

    private static int choices(JsonFields parameters, RequestLimits limits, boolean drawn, boolean stream) {
        String name = "best_of";
        int choices = parameters.integer(name, 1, 1, limits.choices());
        if (choices > 1 && (stream || !drawn || parameters.has("seed"))) {
            throw new InvalidJsonException(
                    parameters.path(name),
                    parameters.path(name) + " above 1 needs do_sample, and neither a seed nor a stream");
        }
        return choices;
    }

    private static OptionalInt maxTokens(JsonFields parameters) {
        Long most = parameters.integer("max_new_tokens", 1, Integer.MAX_VALUE);
        return most == null ? OptionalInt.empty() : OptionalInt.of(most.intValue());
    }
}
