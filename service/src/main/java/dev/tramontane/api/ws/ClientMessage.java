package dev.tramontane.api.ws;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.responses.History;
import dev.tramontane.api.responses.ResponseCreate;
import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.UnknownFields;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a client may ask of a socket. Any thread. */
sealed interface ClientMessage {

    /** {@code response.create}: an answer of this model. */
    record Create(ResponseCreate request, TextGenerator generator) implements ClientMessage {
        Create of(Tenant tenant) {
            return new Create(request.of(tenant), generator);
        }
    }

    /** {@code response.cancel}, our extension: no more of this answer. */
    record Cancel(String responseId) implements ClientMessage {}

    /**
     * Reads a message.
     *
     * @throws ApiException or {@link InvalidJsonException} saying what is wrong with it, and where
     */
    static ClientMessage read(String text, ServedModels models, ApiConfig config) {
        Map<String, @Nullable Object> message = parse(text);
        JsonFields fields = new JsonFields(message);
        String type = fields.requiredString("type");
        return switch (type) {
            case "response.create" -> {
                TextGenerator generator = models.get(fields.string("model"));
                fields.only("stream", true);
                fields.only("background", false);
                fields.only("store", false);
                fields.refuse(
                        "stream_id", "a socket answers its requests in order; open another for answers side by side");
                fields.refuse("previous_response_id", "responses are not kept; send the conversation as input");
                ResponseCreate request = ResponseCreate.read(
                                message,
                                config.requests(),
                                generator.profile().sampling(),
                                UnknownFields.of(config.ignoreUnknown()),
                                History.NONE)
                        .with(new ResponseCreate.Delivery(true, false, false));
                yield new Create(request, generator);
            }
            case "response.cancel" -> {
                String id = fields.requiredString("response_id");
                fields.end();
                yield new Cancel(id);
            }
            default -> throw fields.wrong("type", "response.create or response.cancel", type);
        };
    }

    private static Map<String, @Nullable Object> parse(String text) {
        try {
            return JsonReader.object(text, "the message");
        } catch (InvalidJsonException malformed) {
            throw ApiException.invalid(400, Objects.requireNonNull(malformed.getMessage()), "invalid_json");
        }
    }
}
