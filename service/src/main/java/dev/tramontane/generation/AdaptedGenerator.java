package dev.tramontane.generation;

import dev.tramontane.engine.Capacity;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A model with an adapter: another model to whoever asks, of which all but what is generated is its base's.
 *
 * @param base without it
 * @param model its name, as in /v1/models
 */
public record AdaptedGenerator(TextGenerator base, String model, AdapterChoice adapter) implements TextGenerator {

    /** The same under another name. */
    public AdaptedGenerator called(String name) {
        return new AdaptedGenerator(base, name, adapter);
    }

    @Override
    public Flux<GenerationEvent> generate(GenerationRequest request) {
        return base.generate(request.adapted(adapter));
    }

    @Override
    public String adaptedBy() {
        return base.model() + ":" + adapter.mark();
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
