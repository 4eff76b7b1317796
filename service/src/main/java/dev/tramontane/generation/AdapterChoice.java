package dev.tramontane.generation;

import dev.tramontane.engine.EngineAdapter;
import java.util.function.Function;
import reactor.core.publisher.Flux;

/** An adapter as requests name it, whether or not its model is loaded yet. Any thread; must not block. */
public interface AdapterChoice {

    /** Of all that decides what is computed with it: its contents, and to what they are rounded. Equal ones give equal tokens. */
    String mark();

    /**
     * It in the memory of the model that is to compute, which is loaded and stays so.
     *
     * @throws GenerationException when it cannot be used any more, with why
     */
    EngineAdapter loaded();

    /**
     * What a model generates with it, which it has from first to last: between them an answer may have no place, and so no request in the
     * engine. Demand passes exactly.
     *
     * @param generate with the adapter that the model has now, whatever becomes of the choice
     */
    default Flux<GenerationEvent> during(Function<AdapterChoice, Flux<GenerationEvent>> generate) {
        return Flux.defer(() -> {
            EngineAdapter adapter = loaded();
            Flux<GenerationEvent> generated = generate.apply(new Found(mark(), adapter));
            return adapter.hold()
                    ? Flux.using(() -> adapter, held -> generated, EngineAdapter::letGo, false)
                    : generated; // Refused by the engine, which says why.
        });
    }

    /** One that was found. */
    record Found(String mark, EngineAdapter loaded) implements AdapterChoice {}
}
