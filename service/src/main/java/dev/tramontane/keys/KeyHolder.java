package dev.tramontane.keys;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** Whoever has the keys of one name: what he may do, and what he has used of it. Outlives changes of the file. Any thread. */
public final class KeyHolder {
    private final String name;
    private final LongSupplier clock;
    private final Allowance requests;
    private final Allowance tokens;
    private final AtomicInteger streams = new AtomicInteger();
    private volatile KeyLimits limits;

    KeyHolder(String name, KeyLimits limits, LongSupplier nanoClock) {
        this.name = name;
        this.limits = limits;
        clock = nanoClock;
        long now = nanoClock.getAsLong();
        requests = new Allowance(limits.requestsPerMinute(), now);
        tokens = new Allowance(limits.tokensPerMinute(), now);
    }

    void limits(KeyLimits changed) {
        limits = changed;
        long now = clock.getAsLong();
        requests.limit(changed.requestsPerMinute(), now);
        tokens.limit(changed.tokensPerMinute(), now);
    }

    /** As the operator wrote it. */
    public String name() {
        return name;
    }

    public KeyLimits limits() {
        return limits;
    }

    /** Counts a request; false when this minute has no more. */
    public boolean takeRequest() {
        return requests.take(clock.getAsLong());
    }

    /** Whether this minute has any tokens left. How many an answer takes is known only when it has ended. */
    public boolean hasTokens() {
        return tokens.allows(clock.getAsLong());
    }

    /** Tokens were computed for this holder. */
    public void spend(long computed) {
        tokens.spend(computed, clock.getAsLong());
    }

    /** Begins an answer, which {@link #endStream} ends; false when as many as may be are under way. */
    public boolean beginStream() {
        int most = limits.streams() == 0 ? Integer.MAX_VALUE : limits.streams();
        return streams.getAndUpdate(now -> now < most ? now + 1 : now) < most;
    }

    public void endStream() {
        streams.decrementAndGet();
    }

    public Quota requestQuota() {
        return requests.quota(clock.getAsLong());
    }

    public Quota tokenQuota() {
        return tokens.quota(clock.getAsLong());
    }
}
