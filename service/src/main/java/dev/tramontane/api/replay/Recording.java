package dev.tramontane.api.replay;

import dev.tramontane.api.PacedSubscriber;
import dev.tramontane.generation.LoadListener;
import dev.tramontane.generation.Presence;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * The one subscriber of a generation, which writes it into a log at the pace of the furthest reader: it demands what that
 * one wants and a look-ahead of tokens, and nothing once nobody reads. So readers who stand still park the sequence, and
 * a slow one beside a quick one reads what is kept.
 *
 * <p>Whatever writes runs on the event loop that the answer began on, wherever its readers are.
 */
public abstract class Recording<T> extends PacedSubscriber<T> {

    /** What becomes of an answer that nobody reads any more. */
    public enum Keeping {
        /** It is cancelled at once. */
        WHILE_READ,
        /** Once it has an event it waits for a reader, and is cancelled when none has come in time. */
        RESUMABLE,
        /** It runs on: nobody has to read it. */
        BACKGROUND
    }

    private final Context home;
    private final Keeping keeping;
    private final long absenceMillis;
    private final EventLog log;
    private final Presence presence = new Presence();
    private @Nullable Long timer;

    /** @param home the event loop's context that writes */
    protected Recording(Context home, int lookAhead, Keeping keeping, ReplayLimits limits) {
        this(home, lookAhead, keeping, limits, PastEvents.NONE);
    }

    /**
     * One that goes on with what was written elsewhere.
     *
     * @param past what was written
     */
    protected Recording(Context home, int lookAhead, Keeping keeping, ReplayLimits limits, PastEvents past) {
        super(home, lookAhead);
        this.home = home;
        this.keeping = keeping;
        absenceMillis = limits.absence().toMillis();
        log = new EventLog(keeping == Keeping.WHILE_READ ? 0 : limits.bytes(), limits.readers(), new Readers(), past);
    }

    /** What is written. */
    public final EventLog log() {
        return log;
    }

    /** As {@link EventLog#read}. */
    public final Flux<LoggedEvent> read(long startingAfter) {
        return log.read(startingAfter);
    }

    /** Lets it be generated. On the home loop, once; its first reader may be there before. */
    public final void begin(Flux<? extends T> generation) {
        generation.subscribe(this);
        await(); // A reader who was gone before is no reader who leaves.
    }

    /** Nobody has read it in time, or it was not to wait. On the home loop; the generation has not ended. */
    protected abstract void abandoned();

    /** Lets the generation tell readers that it waits for its model, and tells it whether anybody reads. */
    @Override
    public final reactor.util.context.Context currentContext() {
        LoadListener listener = log::waits;
        return listener.in(keeping == Keeping.RESUMABLE ? presence.inContext() : super.currentContext());
    }

    /** The event loop's context that writes. */
    protected final Context home() {
        return home;
    }

    /** On the home loop. */
    protected final void atHome(Runnable work) {
        home.runOnContext(ignored -> work.run());
    }

    /**
     * Makes no more of it here, and has it written down so that it goes on elsewhere. On the home loop, once.
     *
     * @param write writes it; told whether that was done
     * @param limitMillis how long it may take
     * @param then on the home loop, once: whether it was written in that time
     */
    protected final void handOver(Supplier<Future<Boolean>> write, long limitMillis, Consumer<Boolean> then) {
        close();
        Promise<Boolean> first = Promise.promise();
        long late = home.owner().setTimer(limitMillis, tick -> first.tryComplete(false));
        first.future()
                .onSuccess(written -> atHome(() -> {
                    home.owner().cancelTimer(late);
                    then.accept(written);
                }));
        write.get().onComplete((written, failed) -> first.tryComplete(failed == null && written));
    }

    /** Whether the next thing is written though nobody wants it: without it nobody can come to read. On the home loop. */
    protected boolean mustBegin() {
        return false;
    }

    @Override
    protected final boolean isFull() {
        return keeping != Keeping.BACKGROUND && log.next() >= log.wanted() && !mustBegin();
    }

    /** What readers do, carried to the home loop. */
    private final class Readers implements EventLog.Writer {
        @Override
        public void wanted() {
            resume();
        }

        @Override
        public void attached() {
            atHome(Recording.this::isRead);
        }

        @Override
        public void deserted() {
            atHome(Recording.this::await);
        }
    }

    private void isRead() {
        stopWaiting();
        presence.set(log.readers() > 0);
    }

    private void stopWaiting() {
        if (timer != null) {
            home.owner().cancelTimer(timer);
            timer = null;
        }
    }

    private void await() {
        if (keeping == Keeping.BACKGROUND || log.readers() > 0 || log.isOver()) {
            return;
        }
        if (keeping == Keeping.WHILE_READ || absenceMillis == 0 || log.next() == 0) { // Nobody has been told its id.
            abandoned();
            return;
        }
        stopWaiting();
        presence.set(false);
        timer = home.owner().setTimer(absenceMillis, late -> {
            timer = null;
            if (log.readers() == 0 && !log.isOver()) {
                abandoned();
            }
        });
    }
}
