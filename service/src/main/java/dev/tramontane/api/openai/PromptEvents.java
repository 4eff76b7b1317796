package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationRequest;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;

/** The events of several generations as one stream. */
final class PromptEvents {
    private PromptEvents() {}

    /**
     * One of them.
     *
     * @param prompt whose it is: one prompt has several where its answers go on each by itself
     */
    record Part(int prompt, GenerationRequest request) {}

    /**
     * All of them; of several, as many are generated at once as may be. The first failure ends them all. Failures travel as values
     * up to there: of two at a time the second has nobody to go to, which would be a fault to Reactor.
     *
     * @param lookAhead events that may wait, of all together
     */
    static Flux<PromptEvent> of(
            List<Part> parts, Function<Part, Flux<GenerationEvent>> generate, int parallel, int lookAhead) {
        if (parts.size() == 1) { // No operator between: demand passes exactly.
            Part only = parts.getFirst();
            return generate.apply(only).map(event -> new PromptEvent(only.prompt(), event));
        }
        return Flux.fromIterable(parts)
                .flatMap(
                        part -> generate.apply(part)
                                .map(event -> new PromptEvent(part.prompt(), event))
                                .materialize()
                                .filter(signal -> !signal.isOnComplete()),
                        parallel,
                        Math.max(1, lookAhead / parallel))
                .dematerialize();
    }
}
