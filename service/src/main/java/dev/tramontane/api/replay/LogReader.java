package dev.tramontane.api.replay;

import dev.tramontane.generation.LoadListener;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Operators;

/** One reader of a log. Its place and demand belong to the log's lock; it is served by one thread at a time. */
final class LogReader implements Subscription {
    private final EventLog log;
    private final CoreSubscriber<? super LoggedEvent> subscriber;

    /** Taken until it is opened: nothing may come before the subscription. */
    private final AtomicInteger serving = new AtomicInteger(1);

    private volatile boolean gone;
    private volatile @Nullable Throwable wrong;

    /** The number of the next event. */
    private long place;

    private long demand;

    private boolean notified;

    LogReader(EventLog log, CoreSubscriber<? super LoggedEvent> subscriber, long place) {
        this.log = log;
        this.subscriber = subscriber;
        this.place = place;
    }

    /** Any thread. */
    void waits(String model, int percent) {
        LoadListener listener = LoadListener.of(subscriber.currentContext());
        if (listener != null && !gone) {
            listener.waits(model, percent);
        }
    }

    // ---- under the log's lock

    long place() {
        return place;
    }

    /** Numbers below this are wanted. */
    long wanted() {
        return Operators.addCap(place, demand);
    }

    void add(long more) {
        demand = Operators.addCap(demand, more);
    }

    /** One event less is wanted, and the place is the next one; false when none is wanted. */
    boolean take() {
        if (!spend()) {
            return false;
        }
        place++;
        return true;
    }

    /** Whether it has been told what is no event. */
    boolean isNotified() {
        return notified;
    }

    /** One event less is wanted, and the place stays; false when none is wanted. */
    boolean takeNotice() {
        notified = spend();
        return notified;
    }

    private boolean spend() {
        if (demand == 0) {
            return false;
        }
        if (demand != Long.MAX_VALUE) {
            demand--;
        }
        return true;
    }

    // ---- the subscriber

    @Override
    public void request(long n) {
        if (n <= 0) {
            refuse(new IllegalArgumentException("demand must be positive (Reactive Streams 3.9), got " + n));
            return;
        }
        log.grant(this, n);
        serve();
    }

    @Override
    public void cancel() {
        if (!gone) {
            gone = true;
            log.detach(this);
        }
    }

    /** It is told this, and nothing more. */
    void refuse(Throwable cause) {
        wrong = cause;
        serve();
    }

    /** Tells it what there is to tell. Any thread. */
    void serve() {
        if (serving.getAndIncrement() != 0) {
            return;
        }
        open();
    }

    /** The subscriber knows of it: serves it now, and whenever there is more. */
    void open() {
        int seen = 1;
        do {
            while (!gone && more()) {}
            seen = serving.addAndGet(-seen);
        } while (seen != 0);
    }

    private boolean more() {
        Throwable refused = wrong;
        return switch (refused == null ? log.step(this) : new EventLog.Step.Over(refused)) {
            case EventLog.Step.Nothing nothing -> false;
            case EventLog.Step.Next(LoggedEvent event) -> {
                subscriber.onNext(event);
                yield true;
            }
            case EventLog.Step.Over(Throwable cause) -> {
                gone = true;
                log.detach(this);
                if (cause == null) {
                    subscriber.onComplete();
                } else {
                    subscriber.onError(cause);
                }
                yield false;
            }
        };
    }
}
