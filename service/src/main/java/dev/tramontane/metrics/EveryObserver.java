package dev.tramontane.metrics;

import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.RefusedException;
import java.util.List;

/** Several observers as one: each sees everything, in order. */
public record EveryObserver(List<EngineObserver> observers) implements EngineObserver {
    public EveryObserver {
        observers = List.copyOf(observers);
    }

    @Override
    public void queued() {
        observers.forEach(EngineObserver::queued);
    }

    @Override
    public void started(long queueNanos) {
        observers.forEach(each -> each.started(queueNanos));
    }

    @Override
    public void firstToken(long nanos) {
        observers.forEach(each -> each.firstToken(nanos));
    }

    @Override
    public void nextToken(long nanos) {
        observers.forEach(each -> each.nextToken(nanos));
    }

    @Override
    public void finished(FinishReason reason, int promptTokens, int generatedTokens, Phases phases) {
        observers.forEach(each -> each.finished(reason, promptTokens, generatedTokens, phases));
    }

    @Override
    public void yielded() {
        observers.forEach(EngineObserver::yielded);
    }

    @Override
    public void requestEnded(int choices, int maxTokens, int mostGenerated) {
        observers.forEach(each -> each.requestEnded(choices, maxTokens, mostGenerated));
    }

    @Override
    public void refused(RefusedException.Cause cause) {
        observers.forEach(each -> each.refused(cause));
    }

    @Override
    public void step(int rows, int sequences, long nanos) {
        observers.forEach(each -> each.step(rows, sequences, nanos));
    }

    @Override
    public void masks(int masks, long nanos) {
        observers.forEach(each -> each.masks(masks, nanos));
    }

    @Override
    public void books(EngineStatus status) {
        observers.forEach(each -> each.books(status));
    }
}
