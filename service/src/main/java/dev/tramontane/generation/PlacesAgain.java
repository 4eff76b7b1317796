package dev.tramontane.generation;

import dev.tramontane.engine.Engine;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import reactor.core.Disposable;

/** Places of an engine, for which a generator's prompt threads prepare. Immutable. */
record PlacesAgain(Engine engine, Submissions submissions, PromptThreads prompts, Executor delivery) implements Places {

    @Override
    public Disposable prepare(
            GenerationRequest rest,
            PreparedPrompt prompt,
            BooleanSupplier gone,
            Consumer<Submission> ready,
            Consumer<GenerationException> refused) {
        BooleanSupplier late = () -> rest.urgency().passed(engine.nanos());
        Runnable work = () -> {
            Submission made;
            try {
                made = submissions.of(rest, prompt, false, () -> gone.getAsBoolean() || late.getAsBoolean());
            } catch (CancellationException tooLate) {
                refused.accept(GenerationException.expired());
                return;
            } catch (GenerationException wrong) {
                refused.accept(wrong);
                return;
            } catch (Throwable fault) { // Whatever it is, somebody waits for a word.
                refused.accept(EngineTextGenerator.fault(fault));
                return;
            }
            ready.accept(made);
        };
        return prompts.submit(rest.tenant(), EngineTextGenerator.sizeOf(rest), work, refused, late);
    }

    @Override
    public SequenceHandle submit(Submission submission, SequenceListener listener) throws RefusedException {
        return engine.submit(submission, List.of(listener)).getFirst();
    }

    @Override
    public void later(Runnable task, int seconds) {
        CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS, delivery).execute(task);
    }
}
