package dev.tramontane.api.openai;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.JsonFields;
import dev.tramontane.model.SamplingDefaults;
import java.util.List;
import java.util.OptionalInt;

/** The body of {@code POST /v1/fim/completions}, Mistral's endpoint for filling a gap in a text. */
record FimRequest(Prompt prompt, AnswerOptions options) {

    /** @param defaults of the model */
    static FimRequest parse(JsonFields fields, RequestLimits limits, SamplingDefaults defaults) {
        Long asked = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
        OptionalInt maxTokens = asked == null ? OptionalInt.empty() : OptionalInt.of(asked.intValue());
        AnswerOptions options = AnswerOptions.parse(fields, RequestField.Endpoint.FIM, maxTokens, limits, defaults);
        String suffix = fields.string("suffix");
        Prompt prompt = new Prompt.Infill(fields.requiredString("prompt"), suffix == null ? "" : suffix);
        fields.end();
        return new FimRequest(prompt, options);
    }

    List<GenerationRequest> generations() {
        return List.of(options.request(prompt, -1, options.promptLogprobs()));
    }
}
