package dev.tramontane.engine;

import dev.tramontane.engine.RefusedException.Cause;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Makes requests of what is submitted and hands them to the engine thread, as far as rules, capacity and adapters allow. Any thread. */
final class Submitter {
    private final Stepper stepper;
    private final Intake intake;
    private final SubmissionRules rules;
    private final EngineConfig config;
    private final EngineObserver observer;
    private final LongSupplier clock;

    Submitter(
            Stepper stepper, SubmissionRules rules, EngineConfig config, EngineObserver observer, LongSupplier clock) {
        this.stepper = stepper;
        this.intake = stepper.intake();
        this.rules = rules;
        this.config = config;
        this.observer = observer;
        this.clock = clock;
        BlockKey.prepare();
    }

    /** What a request may ask for. */
    EngineLimits limits() {
        return rules.limits();
    }

    /** What would come of a request now. */
    Capacity capacity() {
        return new Capacity(
                stepper.plan(), rules, config, intake, stepper.reports().books(), stepper.stages());
    }

    /** As {@link Engine#submit}. */
    List<SequenceHandle> submit(Submission submission, List<? extends SequenceListener> listeners)
            throws RefusedException {
        EngineAdapter adapter = submission.adapter();
        boolean entered = false;
        boolean in = false;
        try {
            if (adapter != null) {
                entered = adapter.enter();
                if (!entered) {
                    throw new RefusedException(Cause.GONE, adapter.whyNot(), 0);
                }
            }
            int length = rules.length(submission, listeners.size());
            Request request = new Request(
                    submission,
                    length,
                    rules.limits().vocabulary(),
                    listeners,
                    intake,
                    clock.getAsLong(),
                    blocks(submission));
            List<SequenceHandle> handles = List.copyOf(request.choices);
            if (!intake.door().isClosed()) {
                Punctuality.check(request, stepper.reports().books(), intake);
            }
            intake.submit(request); // Last: nothing may fail once the engine has it.
            in = true;
            return handles;
        } catch (RefusedException e) {
            observer.refused(e.refusal());
            throw e;
        } finally {
            if (adapter != null && entered && !in) {
                adapter.leave(false);
            }
        }
    }

    private @Nullable PromptBlocks blocks(Submission submission) {
        return config.keepsPrefixes()
                ? new PromptBlocks(
                        submission.prompt(),
                        config.pageTokens(),
                        BlockKey.root(submission.tenant(), submission.adapter()))
                : null;
    }
}
