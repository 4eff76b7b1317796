package dev.tramontane.loadtest.client;

import dev.tramontane.loadtest.plan.Ask;
import dev.tramontane.loadtest.plan.Behaviour;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * One request under way: what has come of it, and when. Used on the event loop that sends it. Its end is told once; what
 * comes later changes nothing.
 */
public final class Exchange {
    private static final int SHORT = 64;

    private final Ask ask;
    private final long intended;
    private final LongSupplier clock;
    private final Consumer<Outcome> done;
    private final StringBuilder text = new StringBuilder();
    private final Continuity continuity = new Continuity();
    private final Affinity affinity = new Affinity();
    private long[] events = new long[SHORT];
    private int count;
    private int left;
    private long started;
    private int promptTokens = -1;
    private int answerTokens = -1;
    private boolean complete;
    private boolean cancelling;
    private boolean over;
    private String earlier = "";
    private boolean second;
    private Runnable cut = () -> {};

    /** What its reader does after an event. */
    enum Next {
        READ_ON,
        DISCONNECT,
        CANCEL,
        RECONNECT,
        RESUME
    }

    /**
     * @param intended start, on the clock
     * @param clock monotonic nanoseconds
     * @param done is told what came of it, on the event loop
     */
    public Exchange(Ask ask, long intended, LongSupplier clock, Consumer<Outcome> done) {
        this.ask = ask;
        this.intended = intended;
        this.clock = clock;
        this.done = done;
    }

    Ask ask() {
        return ask;
    }

    boolean over() {
        return over;
    }

    boolean slow() {
        return ask.behaviour() == Behaviour.SLOW;
    }

    /** Whether its reader goes on where it was when its connection ends. */
    boolean resumes() {
        return ask.behaviour() == Behaviour.RESUME;
    }

    /** The same, and there is something to go on with. */
    boolean canGoOn() {
        return resumes() && !over && continuity.known();
    }

    /** Whether it is to go on at this time, rather than to begin. */
    boolean isAway() {
        return continuity.away();
    }

    Continuity continuity() {
        return continuity;
    }

    /** What brings its reader to the same server again. */
    Affinity affinity() {
        return affinity;
    }

    /** It goes out now; of one that is sent again the first time counts. */
    void sending() {
        if (!second) {
            started = clock.getAsLong();
        }
    }

    /** How its connection is cut when the run is over. */
    void cutBy(Runnable how) {
        cut = how;
    }

    /** The server's number of the event that comes next. */
    void numbered(long number, boolean fromZero) {
        if (!over) {
            continuity.event(number, fromZero, clock.getAsLong());
        }
    }

    /** A piece of text came. */
    void text(String piece) {
        if (over || piece.isEmpty()) {
            return;
        }
        if (count == events.length) {
            events = Arrays.copyOf(events, count * 2);
        }
        events[count++] = clock.getAsLong();
        text.append(piece);
    }

    /** An event was read; says what the reader does then. One that leaves is told so once for each place. */
    Next then() {
        if (over || left >= ask.leaves().size() || count < ask.leaves().get(left)) {
            return Next.READ_ON;
        }
        Next next = switch (ask.behaviour()) {
            case DISCONNECT -> Next.DISCONNECT;
            case CANCEL -> Next.CANCEL;
            case RECONNECT -> Next.RECONNECT;
            case RESUME -> canGoOn() ? Next.RESUME : Next.READ_ON;
            case STEADY, SLOW -> Next.READ_ON;
        };
        if (next != Next.READ_ON) {
            left++;
        }
        return next;
    }

    /** Its reader has left and comes again: what was read is forgotten, but for the check of contents. */
    void again() {
        earlier = text.toString();
        text.setLength(0);
        count = 0;
        second = true;
        complete = false;
        continuity.restart();
    }

    /** Its connection was cut on purpose; it goes on. */
    void cut() {
        continuity.cut(clock.getAsLong());
    }

    /** Its connection ended otherwise, and it goes on. */
    void broken() {
        continuity.broken(clock.getAsLong());
    }

    /** As {@link Continuity#again}. */
    OptionalLong goOnAfter(int status, long retryAfter) {
        return continuity.again(status, retryAfter, clock.getAsLong());
    }

    void usage(int prompt, int answer) {
        promptTokens = prompt;
        answerTokens = answer;
    }

    /** Its reader has said that it wants no more. */
    void cancelling() {
        cancelling = true;
    }

    /** The server says that the answer is whole. */
    void complete() {
        complete = true;
    }

    /** The same, and what it is as a whole: what came in pieces must be that. */
    void complete(String whole) {
        complete = true;
        if (!over && !cancelling && !whole.contentEquals(text)) {
            finish(End.FAILED, "the pieces of text are not the whole that the server tells at the end");
        }
    }

    boolean isComplete() {
        return complete;
    }

    boolean isCancelling() {
        return cancelling;
    }

    /** Nothing more comes. */
    void end() {
        if (cancelling && complete) {
            finish(End.LEFT, "");
        } else if (complete) {
            finish(End.FINISHED, "");
        } else {
            finish(End.FAILED, "the answer was cut: its connection ended before it did");
        }
    }

    void left() {
        finish(End.LEFT, "");
    }

    /** Refused by an HTTP status, or one of a socket's events. */
    void refused(int status, String message) {
        boolean noRoom = status == 429 || status == 503;
        finish(noRoom ? End.REFUSED : End.FAILED, "status " + status + (message.isEmpty() ? "" : ": " + message));
    }

    void failed(String why) {
        finish(End.FAILED, why);
    }

    /** The run is over before it. On its event loop. */
    public void abandon() {
        if (!over) {
            finish(End.UNFINISHED, "");
            cut.run();
        }
    }

    private void finish(End end, String why) {
        if (!over) {
            over = true;
            done.accept(new Outcome(
                    ask,
                    end,
                    why,
                    intended,
                    started,
                    Arrays.copyOf(events, count),
                    clock.getAsLong(),
                    promptTokens,
                    answerTokens,
                    text.toString(),
                    earlier,
                    continuity.sum()));
        }
    }
}
