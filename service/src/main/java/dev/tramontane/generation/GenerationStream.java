package dev.tramontane.generation;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.Inbox.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * One generation between the engine and its subscriber. Three kinds of threads meet here: the engine's puts what
 * happened into {@link #inbox}; the subscriber's asks {@link #outbox} for more or cancels; both then wake the drain, which
 * runs on one delivery thread at a time and alone touches everything else. A prompt thread prepares it before that.
 *
 * <p>Demand is exact: tokens granted to the engine, events waiting and events delivered never add up to more than the
 * subscriber requested, save for at most two events a choice (its last text and its end) that no token was granted
 * for; and at most {@code ahead} tokens are in flight or waiting whatever was requested.
 */
final class GenerationStream implements Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(GenerationStream.class);

    private final CoreSubscriber<? super GenerationEvent> subscriber;
    private final Executor worker;
    private final int ahead;
    private final Inbox inbox;
    private final Outbox outbox;
    private final Handles handles = new Handles();
    private final AtomicInteger wake = new AtomicInteger();
    private final Runnable drain = this::drain;
    private final Disposable.Swap preparation = Disposables.swap();
    private volatile boolean cancelled;

    /** What ended it from outside the drain. A field and no signal, so that it can be said with no memory left. */
    private final AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();

    /** Drain's own from here on. */
    private final Answers answers;

    private @Nullable Throwable failure;
    private boolean accepted;
    private boolean ended;

    GenerationStream(
            CoreSubscriber<? super GenerationEvent> subscriber,
            GenerationRequest request,
            TokenTexts texts,
            AnswerStyle form,
            Executor worker,
            int ahead,
            @Nullable GenerationObserver observer,
            @Nullable Presence presence,
            Places places) {
        this.subscriber = subscriber;
        this.worker = worker;
        this.ahead = ahead;
        inbox = new Inbox(observer, this::wake, this::fail);
        outbox = new Outbox(subscriber);
        answers = new Answers(request, texts, form, inbox, outbox, handles, presence, places, this::wake, this::abort);
    }

    // ---- the subscriber's thread

    @Override
    public void request(long n) {
        if (n <= 0) {
            fail(new IllegalArgumentException("demand must be positive (Reactive Streams 3.9), got " + n));
            return;
        }
        outbox.request(n);
        wake();
    }

    @Override
    public void cancel() {
        cancelled = true;
        preparation.dispose();
        answers.stopPreparing();
        handles.cancel();
        wake();
    }

    boolean cancelled() {
        return cancelled;
    }

    /** The prompt is queued to be encoded; a cancellation gives the place in the queue back. */
    void preparedBy(Disposable task) {
        preparation.update(task);
    }

    // ---- the preparing thread

    /** The listeners to submit with. */
    List<SequenceListener> listeners() {
        List<SequenceListener> listeners = new ArrayList<>(answers.count());
        for (int i = 0; i < answers.count(); i++) {
            listeners.add(inbox.listener(i, false));
        }
        return listeners;
    }

    /** As {@link Answers#prepared}. */
    boolean prepared(PreparedPrompt ids) {
        return answers.prepared(ids);
    }

    /** The engine has taken the request. */
    void started(List<SequenceHandle> taken) {
        handles.take(taken);
        wake();
    }

    /** Nothing more will come but this error. Any thread. */
    void fail(Throwable cause) {
        fault.compareAndSet(null, cause);
        wake();
    }

    private void wake() {
        if (wake.getAndIncrement() == 0) {
            try {
                worker.execute(drain);
            } catch (Throwable noThread) {
                LOG.error("No delivery thread could be had; delivering on this one", noThread);
                drain();
            }
        }
    }

    // ---- the delivery thread

    private void drain() {
        int seen = 1;
        do {
            if (cancelled || ended) {
                over();
            } else {
                try {
                    step();
                } catch (Throwable thrown) {
                    failed(thrown);
                }
            }
            seen = wake.addAndGet(-seen);
        } while (seen != 0);
    }

    /** Nothing more is told. */
    private void over() {
        inbox.clear();
        outbox.clear();
        answers.forget();
    }

    /** The drain, or the subscriber it called, threw: an error as well must end the stream, or its reader waits for ever. */
    private void failed(Throwable thrown) {
        outbox.clear();
        try {
            abort(broken(thrown));
        } catch (Throwable again) {
            thrown.addSuppressed(again); // The engine is asked to cancel once more when the subscriber does.
        }
        try {
            deliver();
        } catch (Throwable again) {
            thrown.addSuppressed(again);
        }
        LOG.error("A generation failed", thrown);
    }

    private static GenerationException broken(Throwable cause) {
        return new GenerationException(Kind.FAILED, "The server failed while generating.", "", 0, cause);
    }

    private void step() {
        if (!accepted && handles.areThere()) {
            accepted = true;
            PreparedPrompt prompt = answers.prompt();
            outbox.add(new GenerationEvent.Accepted(prompt.ids(), prompt.text()));
        }
        take();
        deliver();
        if (!cancelled && !ended && accepted) {
            answers.demand(ahead);
        }
    }

    private void take() {
        Throwable outside = fault.get();
        if (outside != null && failure == null) {
            outbox.clear(); // A subscriber that demands wrongly may never take what waits.
            abort(outside instanceof Error ? broken(outside) : outside);
        }
        // The engine may have spoken before it was known to have accepted, so its words wait.
        Signal signal;
        while (failure == null && accepted && (signal = inbox.poll()) != null) {
            answers.see(signal);
        }
    }

    private void abort(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
        answers.abandon();
        handles.cancel();
    }

    private void deliver() {
        boolean all = outbox.deliver(this::cancelled);
        if (cancelled || !all) {
            return;
        }
        if (failure != null) {
            ended = true;
            over();
            subscriber.onError(failure);
        } else if (answers.areOver()) {
            ended = true;
            over();
            subscriber.onComplete();
        }
    }
}
