package dev.tramontane.generation;

import dev.tramontane.engine.Capacity;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Generates text with one model. Any thread; nothing blocks the caller. */
public interface TextGenerator {

    /**
     * A cold stream of one generation. Demand counts events and reaches the engine: a subscriber that requests nothing
     * parks its sequences. Cancelling the subscription frees them within one engine step. Errors are
     * {@link GenerationException}.
     */
    Flux<GenerationEvent> generate(GenerationRequest request);

    /**
     * The ids that a generation would start from; a prompt may be empty here. Cold; errors are
     * {@link GenerationException}.
     *
     * @param mostTokens a prompt that has more is refused (INVALID), as soon as that is certain
     */
    Mono<int[]> tokenize(Prompt prompt, int mostTokens);

    /** The text that ids stand for, control tokens spelled out. Cold; errors are {@link GenerationException}. */
    Mono<String> detokenize(int[] ids);

    /** The token as the vocabulary's file spells it; empty for an id that no token owns. */
    String piece(int id);

    /** What the engine holds and could take. */
    Capacity capacity();

    /** The served model's name, as in /v1/models. */
    String model();

    /**
     * What it computes with beside its model's weights, told apart from all others by its contents and by the model; empty for nothing.
     * An answer goes on with an equal one, whatever its name is then.
     */
    default String adaptedBy() {
        return "";
    }

    /** What the model can be asked for. */
    ModelProfile profile();

    /** Prompt and answer together, in tokens. */
    default int contextTokens() {
        return profile().contextTokens();
    }
}
