package dev.tramontane.generation;

import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;

/** Where an answer that gave its place up gets another one. Delivery threads; neither blocks. */
interface Places {

    /**
     * Submits what is left of an answer.
     *
     * @param prompt the whole request's prompt
     * @param soFar of the answer
     * @throws RefusedException LATE as well when the deadline has passed
     */
    SequenceHandle again(
            GenerationRequest request, PreparedPrompt prompt, Continuation soFar, SequenceListener listener)
            throws RefusedException;

    /** Has this done after so many seconds, on any thread. */
    void later(Runnable task, int seconds);
}
