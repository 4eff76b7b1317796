package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Caller;
import dev.tramontane.api.Contained;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.Replies;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * {@code POST /v1/load_lora_adapter} and {@code /v1/unload_lora_adapter}, as vLLM has them: adapters come and go while the
 * server runs, from one folder, where its operator wants that.
 */
public final class AdapterRoutes implements ApiRoutes {
    private static final String NAME = "lora_name";

    private final ServedModels models;
    private final JsonReplies replies;

    public AdapterRoutes(Vertx vertx, ApiConfig config, ServedModels models, RequestMemory memory) {
        this.models = models;
        replies = new JsonReplies(vertx, config, memory);
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.post("/v1/load_lora_adapter", context -> answer(context, this::load));
        endpoints.post("/v1/unload_lora_adapter", context -> answer(context, this::unload));
    }

    private void answer(RoutingContext context, Function<JsonFields, Mono<byte[]>> reader) {
        try {
            Caller.of(context).requireOperator();
        } catch (ApiException refused) {
            Replies.fail(context, refused);
            return;
        }
        replies.answer(context, (fields, lease) -> reader.apply(fields));
    }

    private Mono<byte[]> load(JsonFields fields) {
        String name = fields.requiredString(NAME);
        String path = fields.requiredString("lora_path");
        fields.end();
        ServedModels.Adapting adapting = adapting();
        return Mono.defer(() -> adapting.load(name, path))
                .then(Mono.fromSupplier(Contained.supplier(() -> told(name, true))));
    }

    private Mono<byte[]> unload(JsonFields fields) {
        String name = fields.requiredString(NAME);
        fields.end();
        adapting().unload(name);
        return Mono.just(told(name, false));
    }

    private ServedModels.Adapting adapting() {
        ServedModels.Adapting adapting = models.adapting();
        if (adapting == null) {
            throw ApiException.invalid(
                    403,
                    "Adapters are not loaded by requests here: the server was started without --lora-dir.",
                    "no_lora_dir");
        }
        return adapting;
    }

    private static byte[] told(String name, boolean loaded) {
        return JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("id", name);
            json.writeStringProperty("object", "lora_adapter");
            json.writeBooleanProperty("loaded", loaded);
            json.writeEndObject();
        });
    }
}
