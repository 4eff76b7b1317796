package dev.tramontane.engine;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An observer that harms nobody by throwing: figures are not worth an answer. The first fault is logged. */
final class CarefulObserver implements EngineObserver {
    private static final Logger LOG = LoggerFactory.getLogger(CarefulObserver.class);

    private final EngineObserver observer;
    private final AtomicBoolean complained = new AtomicBoolean();

    CarefulObserver(EngineObserver observer) {
        this.observer = observer;
    }

    @Override
    public void queued() {
        guarded(observer::queued);
    }

    @Override
    public void started(long queueNanos) {
        guarded(() -> observer.started(queueNanos));
    }

    @Override
    public void firstToken(long nanos) {
        guarded(() -> observer.firstToken(nanos));
    }

    @Override
    public void nextToken(long nanos) {
        guarded(() -> observer.nextToken(nanos));
    }

    @Override
    public void finished(FinishReason reason, int promptTokens, int generatedTokens, Phases phases) {
        guarded(() -> observer.finished(reason, promptTokens, generatedTokens, phases));
    }

    @Override
    public void yielded() {
        guarded(observer::yielded);
    }

    @Override
    public void requestEnded(int choices, int maxTokens, int mostGenerated) {
        guarded(() -> observer.requestEnded(choices, maxTokens, mostGenerated));
    }

    @Override
    public void refused(RefusedException.Cause cause) {
        guarded(() -> observer.refused(cause));
    }

    @Override
    public void step(int rows, int sequences, long nanos) {
        guarded(() -> observer.step(rows, sequences, nanos));
    }

    @Override
    public void masks(int masks, long nanos) {
        guarded(() -> observer.masks(masks, nanos));
    }

    @Override
    public void books(EngineStatus status) {
        guarded(() -> observer.books(status));
    }

    private void guarded(Runnable report) {
        try {
            report.run();
        } catch (Throwable fault) {
            if (!complained.getAndSet(true)) {
                LOG.error("figures of the engine are lost: its observer threw", fault);
            }
        }
    }
}
