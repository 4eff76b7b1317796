package dev.tramontane.loadtest.client;

import java.util.Arrays;
import java.util.OptionalLong;

/** Where one answer is, by the numbers of its events, over however many connections it comes. On its event loop. */
final class Continuity {
    /** How long a reader who was cut tries to go on; what it asks servers to wait for it, too. */
    static final long PATIENCE_SECONDS = 30;

    private static final long PATIENCE = PATIENCE_SECONDS * 1_000_000_000;
    private static final int ELSEWHERE = 421;
    private static final int NOW_MILLIS = 5;
    private static final int SOON_MILLIS = 200;

    private static final long NEVER = -1;

    private String answer = "";
    private long last = NEVER;
    private boolean away;
    private boolean isElsewhere;
    private long since;
    private int cut;
    private int broken;
    private int elsewhere;
    private long lost;
    private long doubled;
    private long[] gaps = {};

    /** It is asked for from its beginning again, as another answer. What was counted stays. */
    void restart() {
        answer = "";
        last = NEVER;
        away = false;
        isElsewhere = false;
    }

    /** The answer's name with the server. */
    void named(String id) {
        answer = id;
    }

    String answer() {
        return answer;
    }

    /** The number of the last event. */
    long last() {
        return last;
    }

    /** Whether there is an answer, and an event after which it could go on. */
    boolean known() {
        return !answer.isEmpty() && last != NEVER;
    }

    /** Whether it has no connection at this time, or one that brought nothing yet. */
    boolean away() {
        return away;
    }

    /** Whether the server that was asked last does not have the answer: only a new connection can lead to another. */
    boolean isElsewhere() {
        return isElsewhere;
    }

    /**
     * The server's number of an event that came; without gaps, so that one left out is lost.
     *
     * @param first whether numbers begin at 0, so that also the first events are missed
     */
    void event(long number, boolean first, long now) {
        if (away) {
            away = false;
            isElsewhere = false;
            gaps = Arrays.copyOf(gaps, gaps.length + 1);
            gaps[gaps.length - 1] = now - since;
        }
        if (last == NEVER && !first) {
            last = number;
        } else if (number <= last) {
            doubled++;
        } else {
            lost += number - last - 1;
            last = number;
        }
    }

    void cut(long now) {
        cut += leave(now);
    }

    void broken(long now) {
        broken += leave(now);
    }

    /** Returns 1, or 0 where its connection had brought nothing, which prolongs the same absence. */
    private int leave(long now) {
        if (away) {
            return 0;
        }
        away = true;
        since = now;
        return 1;
    }

    /**
     * How long to wait before it is tried once more to go on: at once where another server has the answer, and as long as the server says
     * where it has no room, drains, or is not there.
     *
     * @param status of the refusal; 0 without a connection
     * @param retryAfter seconds that the server asked for; 0 where it did not
     * @return milliseconds; nothing where that is no use, or where it went on for too long
     */
    OptionalLong again(int status, long retryAfter, long now) {
        isElsewhere = status == ELSEWHERE;
        elsewhere += isElsewhere ? 1 : 0;
        long wait = isElsewhere ? NOW_MILLIS : Math.max(SOON_MILLIS, retryAfter * 1000);
        boolean passes = isElsewhere || status == 429 || status == 503 || status == 0;
        return passes && now - since + wait * 1_000_000 <= PATIENCE ? OptionalLong.of(wait) : OptionalLong.empty();
    }

    Continuation sum() {
        return new Continuation(cut, broken, elsewhere, lost, doubled, gaps);
    }
}
