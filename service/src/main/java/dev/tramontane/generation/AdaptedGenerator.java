package dev.tramontane.generation;

import dev.tramontane.engine.Capacity;
import dev.tramontane.engine.EngineAdapter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A model with an adapter: another model to whoever asks, of which all but what is generated is its base's.
 *
 * @param base without it
 * @param model its name, as in /v1/models
 */
public record AdaptedGenerator(TextGenerator base, String model, EngineAdapter adapter) implements TextGenerator {

    /** The same under another name. */
    public AdaptedGenerator called(String name) {
        return new AdaptedGenerator(base, name, adapter);
    }

    /** Held from first to last: between them an answer may have no place, and so no request in the engine. Demand passes exactly. */
    @Override
    public Flux<GenerationEvent> generate(GenerationRequest request) {
        Flux<GenerationEvent> generated = base.generate(request.adapted(adapter));
        return Flux.defer(() -> adapter.hold()
                ? Flux.using(() -> adapter, held -> generated, EngineAdapter::letGo, false)
                : generated); // Refused by the engine, which says why.
    }

    @Override
    public String adaptedBy() {
        return base.model() + ":" + adapter.digest();
    }

    @Override
    public Mono<int[]> tokenize(Prompt prompt, int mostTokens) {
        return base.tokenize(prompt, mostTokens);
    }

    @Override
    public Mono<String> detokenize(int[] ids) {
        return base.detokenize(ids);
    }

    @Override
    public String piece(int id) {
        return base.piece(id);
    }

    @Override
    public Capacity capacity() {
        return base.capacity();
    }

    @Override
    public ModelProfile profile() {
        return base.profile();
    }
}
