package dev.tramontane.generation;

import reactor.core.publisher.Flux;

/** Generates text with one model. Any thread; nothing blocks the caller. */
public interface TextGenerator {

    /**
     * A cold stream of one generation. Demand counts events and reaches the engine: a subscriber that requests nothing
     * parks its sequences. Cancelling the subscription frees them within one engine step. Errors are
     * {@link GenerationException}.
     */
    Flux<GenerationEvent> generate(GenerationRequest request);

    /** The served model's name, as in /v1/models. */
    String model();

    /** Prompt and answer together, in tokens. */
    int contextTokens();
}
