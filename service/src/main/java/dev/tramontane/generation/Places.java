package dev.tramontane.generation;

import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import reactor.core.Disposable;

/** Where an answer that gave its place up gets another one. Delivery threads; nothing blocks. */
interface Places {

    /**
     * Has it prepared on a prompt thread: going through an answer's tokens by its guide takes time.
     *
     * @param rest of a request, with what there is of its answer
     * @param gone whether nobody waits any more; then it doesn't matter what the others are told
     * @param ready is given what to submit, on that thread
     * @param refused is told why there is nothing, on any thread; EXPIRED where the deadline has passed
     * @return gives it up while nothing was done yet
     */
    Disposable prepare(
            GenerationRequest rest,
            PreparedPrompt prompt,
            BooleanSupplier gone,
            Consumer<Submission> ready,
            Consumer<GenerationException> refused);

    /** Submits it. */
    SequenceHandle submit(Submission submission, SequenceListener listener) throws RefusedException;

    /** Has this done after so many seconds, on any thread. */
    void later(Runnable task, int seconds);
}
