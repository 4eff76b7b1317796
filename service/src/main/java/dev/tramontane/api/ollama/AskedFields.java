package dev.tramontane.api.ollama;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.openai.FormFields;
import dev.tramontane.api.openai.GuessingFields;
import dev.tramontane.api.openai.RequestField;
import dev.tramontane.api.openai.UrgencyFields;
import dev.tramontane.chat.Effort;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.generation.AnswerForm;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Guessing;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What both requests that generate say beside their prompt.
 *
 * @param stream whether the answer comes in lines
 * @param keep how long the model is to stay; null where nothing is said
 * @param variables of the conversation: whether the model is to think
 * @param tops alternatives per token; -1: no log-probabilities wanted
 * @param form what the answer must be; null where it may be anything
 * @param guessing whether tokens are guessed ahead; null where nothing is said of it
 */
record AskedFields(
        boolean stream,
        @Nullable KeepAlive keep,
        Map<String, @Nullable Object> variables,
        int tops,
        @Nullable AnswerForm form,
        UrgencyFields urgency,
        @Nullable Guessing guessing,
        GenerationOptions options) {
    /** Levels of {@code think}. */
    private static final List<String> LEVELS = List.of("low", "medium", "high", "max");

    private static final int MOST_TOPS = 20;

    /** Takes those fields, and settles what is not honoured. */
    static AskedFields read(JsonFields fields, RequestField.Endpoint endpoint, ApiConfig config, ModelProfile profile) {
        RequestField.settle(fields, endpoint);
        return new AskedFields(
                fields.flag("stream", true),
                KeepTime.read(fields),
                thinking(fields, profile),
                tops(fields),
                FormFields.ofOllama(fields),
                UrgencyFields.read(fields),
                GuessingFields.read(fields),
                GenerationOptions.read(fields, config.requests(), profile));
    }

    /** The request to generate. */
    GenerationRequest request(Prompt prompt) {
        return new GenerationRequest(
                        prompt, 1, options.maxTokens(), options.stops(), options.sampling(), false, tops, -1)
                .formed(form)
                .guessed(guessing);
    }

    private static Map<String, @Nullable Object> thinking(JsonFields fields, ModelProfile profile) {
        String name = "think";
        Object think = fields.value(name);
        Map<String, @Nullable Object> variables = new LinkedHashMap<>();
        String effort = switch (think) {
            case null -> null;
            case Boolean yes -> yes ? Effort.ANY : Effort.NONE;
            case String level when LEVELS.contains(level) -> level;
            default -> throw fields.wrong(name, "true, false or one of " + String.join(", ", LEVELS), think);
        };
        if (effort == null) {
            return variables;
        }
        boolean thinks = profile.form().thoughts() != null;
        if (!thinks && !effort.equals(Effort.NONE)) {
            throw new InvalidJsonException(name, "think: this model does not think before it answers; leave it out");
        }
        if (thinks) {
            variables.put(MistralSettings.EFFORT, effort);
        }
        return variables;
    }

    private static int tops(JsonFields fields) {
        boolean wanted = fields.flag("logprobs", false);
        int tops = fields.integer("top_logprobs", 0, 0, MOST_TOPS);
        if (!wanted && tops > 0) {
            throw new InvalidJsonException("top_logprobs", "top_logprobs needs logprobs to be true");
        }
        return wanted ? tops : -1;
    }
}
