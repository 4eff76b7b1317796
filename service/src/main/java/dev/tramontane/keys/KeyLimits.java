package dev.tramontane.keys;

/**
 * What the holder of a key may do. 0 is no limit.
 *
 * @param requestsPerMinute a whole minute's worth may come at once
 * @param tokensPerMinute of prompts and answers together, likewise
 * @param streams answers under way at a time
 * @param sharePercent of the waiting places, of the sequences and of the cache's pages that it may hold at a time
 * @param operator whether it may change what the server serves: load and unload adapters
 */
public record KeyLimits(long requestsPerMinute, long tokensPerMinute, int streams, int sharePercent, boolean operator) {
    /** None. */
    public static final KeyLimits NONE = new KeyLimits(0, 0, 0, 0);

    /** Of who only asks. */
    public KeyLimits(long requestsPerMinute, long tokensPerMinute, int streams, int sharePercent) {
        this(requestsPerMinute, tokensPerMinute, streams, sharePercent, false);
    }

    /** The same, of an operator. */
    public KeyLimits ofOperator() {
        return new KeyLimits(requestsPerMinute, tokensPerMinute, streams, sharePercent, true);
    }

    /** The same, with this share where none is given. */
    KeyLimits withShareOr(int percent) {
        return sharePercent > 0 ? this : new KeyLimits(requestsPerMinute, tokensPerMinute, streams, percent, operator);
    }
}
