package dev.tramontane.api.responses;

import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.generation.Continuation;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.TextGenerator;

/**
 * All of a response at one moment: what another process needs to go on with it, or to give it to those who ask. Its arrays are
 * not copied and must not change.
 *
 * @param create what was asked; once it has been in a file, its prompt are the ids
 * @param events that are kept
 * @param prompt ids that the prompt became
 * @param answer ids that have been told, text held back left out
 */
record ResponseSnapshot(ResponseCreate create, ResponseState state, PastEvents events, int[] prompt, int[] answer) {

    /**
     * What goes on with it.
     *
     * @throws dev.tramontane.api.journal.JournalException when nothing here computes what it began with
     */
    TextGenerator generator(ServedModels models) {
        return models.going(state.model(), state.adapter());
    }

    /** The rest of its answer. */
    GenerationRequest rest() {
        return create.generation().continuing(new Continuation(0, answer, state.told(), state.cachedTokens()));
    }
}
