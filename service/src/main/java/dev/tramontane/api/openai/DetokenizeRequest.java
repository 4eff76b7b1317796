package dev.tramontane.api.openai;

import dev.tramontane.api.RequestLimits;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /detokenize}.
 *
 * @param model null for the default
 */
record DetokenizeRequest(@Nullable String model, int[] tokens) {

    static DetokenizeRequest parse(JsonFields fields, RequestLimits limits) {
        List<@Nullable Object> given = fields.requiredArray("tokens");
        if (given.size() > limits.tokens()) {
            throw new InvalidJsonException("tokens", "tokens may have at most " + limits.tokens() + " entries");
        }
        DetokenizeRequest request = new DetokenizeRequest(fields.string("model"), JsonFields.ids(given, "tokens"));
        fields.end();
        return request;
    }
}
