package dev.tramontane.loadtest.client;

import dev.tramontane.loadtest.plan.Ask;
import dev.tramontane.loadtest.plan.Behaviour;
import java.util.Arrays;
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
    private long[] events = new long[SHORT];
    private int count;
    private long started;
    private int promptTokens = -1;
    private int answerTokens = -1;
    private boolean complete;
    private boolean over;
    private String earlier = "";
    private boolean second;
    private Runnable cut = () -> {};

    /** What its reader does after a piece of text. */
    enum Next {
        READ_ON,
        DISCONNECT,
        CANCEL,
        RECONNECT
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

    /** A piece of text came; says what the reader does then. */
    Next text(String piece) {
        if (over || piece.isEmpty()) {
            return Next.READ_ON;
        }
        if (count == events.length) {
            events = Arrays.copyOf(events, count * 2);
        }
        events[count++] = clock.getAsLong();
        text.append(piece);
        if (count != ask.leaveAfter() || second) {
            return Next.READ_ON;
        }
        return switch (ask.behaviour()) {
            case DISCONNECT -> Next.DISCONNECT;
            case CANCEL -> Next.CANCEL;
            case RECONNECT -> Next.RECONNECT;
            case STEADY, SLOW -> Next.READ_ON;
        };
    }

    /** Its reader has left and comes again: what was read is forgotten, but for the check of contents. */
    void again() {
        earlier = text.toString();
        text.setLength(0);
        count = 0;
        second = true;
        complete = false;
    }

    void usage(int prompt, int answer) {
        promptTokens = prompt;
        answerTokens = answer;
    }

    /** The server says that the answer is whole. */
    void complete() {
        complete = true;
    }

    /** Nothing more comes. */
    void end() {
        if (complete) {
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
                    earlier));
        }
    }
}
