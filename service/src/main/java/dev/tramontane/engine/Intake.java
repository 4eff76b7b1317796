package dev.tramontane.engine;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all threads have for the engine's: carries commands, requests among them that pass the {@link Door}. Lock-free.
 */
final class Intake {

    /** What the engine thread is asked to do. */
    sealed interface Command {}

    /** A request that passed the door and counts as waiting. */
    record Submit(Request request) implements Command {}

    /** A choice that is wanted again. */
    record Wake(Sequence sequence) implements Command {}

    /** A request that is attended to, or no longer: it is marked. */
    record Attend(Request request) implements Command {}

    /** A choice that nobody wants any more. */
    record Cancel(Sequence sequence) implements Command {}

    /** Something else to do. */
    record Told(Runnable what) implements Command {}

    /** Frames of stack that a place takes to be given back, several times over. */
    private static final int SPARE_FRAMES = 256;

    private final Queue<Command> commands;
    private final EngineSignal signal;
    private final Door door;

    /** Some cancellation, demand or presence could not be put into the queue; it is marked. Written where no call can fail. */
    volatile boolean unheard;

    /** The engine looks at commands for the last time, or has done so. */
    private volatile boolean gone;

    /** @param nanoClock monotonic nanoseconds */
    Intake(EngineSignal signal, int queueRequests, long queueTokens, LongSupplier nanoClock) {
        this(signal, queueRequests, queueTokens, nanoClock, new ConcurrentLinkedQueue<>());
    }

    /** @param commands takes from any thread; a test's may fail to */
    Intake(EngineSignal signal, int queueRequests, long queueTokens, LongSupplier nanoClock, Queue<Command> commands) {
        this.commands = commands;
        this.signal = signal;
        door = new Door(queueRequests, queueTokens, nanoClock);
    }

    /** What waits, and whether anybody is let in. */
    Door door() {
        return door;
    }

    /**
     * Any thread: lets a request in, or refuses it. Whatever else is thrown, the request has not come in and does not
     * count as waiting: a submitter may die at any point of this.
     */
    void submit(Request request) throws RefusedException {
        // Whoever has hardly any stack left dies here, where nothing is counted yet, and not while a place is given
        // back.
        descend(SPARE_FRAMES);
        door.admit(request);
        try {
            commands.add(new Submit(request));
            signal.raise();
            if (!gone) { // Else the engine may have looked for the last time before this was there.
                return;
            }
        } catch (Throwable died) {
            if (request.claim()) {
                door.leave(request);
                throw died;
            }
            return; // The engine had it already.
        }
        if (request.claim()) {
            door.leave(request);
            throw door.whyClosed();
        }
    }

    private static int descend(int frames) {
        return frames == 0 ? 0 : 1 + descend(frames - 1);
    }

    /** Any thread, once per sequence, which is marked as cancelled already. */
    void cancel(Sequence sequence) {
        try {
            commands.add(new Cancel(sequence));
        } finally {
            signal.raise(); // Even then, for its mark.
        }
    }

    /** Engine thread: whether a cancellation, demand or presence left only its mark since this was last asked. */
    boolean hasUnheard() {
        if (!unheard) {
            return false;
        }
        unheard = false;
        return true;
    }

    /** Any thread: has the engine thread do something. After the last look it is not done. */
    void tell(Runnable what) {
        commands.add(new Told(what));
        signal.raise();
    }

    /** Any thread: a parked sequence has demand, which is marked already. */
    void wake(Sequence sequence) {
        try {
            commands.add(new Wake(sequence));
        } finally {
            signal.raise(); // Even then, for its mark.
        }
    }

    /** Any thread: whether a request is attended to has changed, and is marked already. */
    void attend(Request request) {
        try {
            commands.add(new Attend(request));
        } finally {
            signal.raise(); // Even then, for its mark.
        }
    }

    /** Engine thread: the next command, or null. */
    @Nullable
    Command poll() {
        return commands.poll();
    }

    /** Engine thread, once the door is closed: what is polled after this is the last; whoever comes later is refused. */
    void leaveForGood() {
        gone = true;
    }
}
