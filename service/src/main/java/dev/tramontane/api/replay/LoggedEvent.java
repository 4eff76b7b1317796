package dev.tramontane.api.replay;

/**
 * One event of an answer.
 *
 * @param number from 0, without gaps
 * @param type its name; empty where events have none
 * @param json the event itself, in one line
 */
public record LoggedEvent(long number, String type, String json) {
    /** An event's objects, beside its text. */
    private static final long BASE = 96;

    /** Bytes of heap that it takes: an estimate from above. */
    long weight() {
        return BASE + 2L * json.length();
    }
}
