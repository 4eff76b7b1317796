package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Contained;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import io.vertx.core.Vertx;
import reactor.core.publisher.Mono;

/**
 * {@code POST /tokenize} and {@code POST /detokenize}, as vLLM has them: texts and conversations to the ids that a
 * generation would start from, and ids to text.
 */
public final class TokenizeRoutes implements ApiRoutes {
    /** Bytes of heap for an id that is written, twice over while the answer grows. */
    private static final long WRITTEN = 24;

    /** The same with the text of a token. */
    private static final long WRITTEN_WITH_TEXT = 96;

    private final ApiConfig config;
    private final ServedModels models;
    private final JsonReplies replies;

    public TokenizeRoutes(Vertx vertx, ApiConfig config, ServedModels models, RequestMemory memory) {
        this.config = config;
        this.models = models;
        replies = new JsonReplies(vertx, config, memory);
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.post("/tokenize", context -> replies.answer(context, this::tokenize));
        endpoints.post("/detokenize", context -> replies.answer(context, this::detokenize));
    }

    /** The answer is written where the ids were made, which is not the event loop. */
    private Mono<byte[]> tokenize(JsonFields fields, RequestMemory.Lease lease) {
        TokenizeRequest request = TokenizeRequest.parse(fields, config);
        TextGenerator generator = models.get(request.model());
        return generator.tokenize(request.prompt(), config.requests().tokens()).map(Contained.function(ids -> {
            lease.take(ids.length * (request.strings() ? WRITTEN_WITH_TEXT : WRITTEN));
            return written(ids, request.strings(), generator);
        }));
    }

    private static byte[] written(int[] ids, boolean strings, TextGenerator generator) {
        return JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeNumberProperty("count", ids.length);
            json.writeNumberProperty("max_model_len", generator.contextTokens());
            JsonWriter.ids(json, "tokens", ids);
            if (strings) {
                json.writeName("token_strs").writeStartArray();
                for (int id : ids) {
                    json.writeString(generator.piece(id));
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        });
    }

    private Mono<byte[]> detokenize(JsonFields fields, RequestMemory.Lease lease) {
        DetokenizeRequest request = DetokenizeRequest.parse(fields, config.requests());
        lease.take(request.tokens().length * WRITTEN_WITH_TEXT);
        return models.get(request.model())
                .detokenize(request.tokens())
                .map(Contained.function(text -> JsonWriter.bytes(json -> {
                    json.writeStartObject();
                    json.writeStringProperty("prompt", text);
                    json.writeEndObject();
                })));
    }
}
