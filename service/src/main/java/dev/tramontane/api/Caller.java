package dev.tramontane.api;

import dev.tramontane.engine.Tenant;
import dev.tramontane.keys.Credential;
import dev.tramontane.keys.KeyHolder;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.Quota;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Who asks, and what he may do: the holder of a key, or anybody where no keys are asked for. Any thread. */
public final class Caller {
    /** Key of the caller in a {@link RoutingContext}. */
    static final String KEY = "tramontane.caller";

    private static final Caller ANYBODY = new Caller(null, null, KeyObserver.NONE);

    private final @Nullable KeyRing ring;
    private final @Nullable Credential credential;
    private final KeyObserver observer;

    Caller(@Nullable KeyRing ring, @Nullable Credential credential, KeyObserver observer) {
        this.ring = ring;
        this.credential = credential;
        this.observer = observer;
    }

    /** The request's. */
    public static Caller of(RoutingContext context) {
        @Nullable Caller known = context.get(KEY);
        return known == null ? ANYBODY : known;
    }

    /** The name of the key, or empty. */
    public String name() {
        return credential == null ? "" : credential.holder().name();
    }

    /** For whom the engine works. */
    public Tenant tenant() {
        return credential == null
                ? Tenant.COMMON
                : new Tenant(name(), credential.holder().limits().sharePercent());
    }

    /** Whether he may know and change what only operators may: who has such a key, and anybody where no keys are asked for. */
    public boolean isOperator() {
        return credential == null || credential.holder().limits().operator();
    }

    /**
     * Lets only operators go on, where keys are asked for.
     *
     * @throws ApiException 403 for any other key
     */
    public void requireOperator() {
        if (!isOperator()) {
            throw new ApiException(
                    403,
                    "permission_error",
                    "The key '" + name()
                            + "' is no operator's: what is served is changed by one whose line in the file of"
                            + " keys says 'operator'.",
                    null,
                    "operator_required",
                    0);
        }
    }

    /** Whether the key has not been taken away since; a socket outlives what let it in. */
    public boolean isWelcome() {
        return ring == null || credential == null || ring.isValid(credential);
    }

    /**
     * Counts a request.
     *
     * @throws ApiException 429 when this minute has no more
     */
    public void takeRequest() {
        if (credential == null) {
            return;
        }
        KeyHolder holder = credential.holder();
        observer.requested(holder.name());
        if (!holder.takeRequest()) {
            throw limited("requests", holder.requestQuota(), "requests");
        }
    }

    /**
     * Begins an answer.
     *
     * @throws ApiException 429 when this minute has no tokens left, or as many answers as may be are under way
     */
    public Pass begin() {
        if (credential == null) {
            return Pass.FREE;
        }
        KeyHolder holder = credential.holder();
        if (!holder.hasTokens()) {
            throw limited("tokens", holder.tokenQuota(), "tokens");
        }
        if (!holder.beginStream()) {
            observer.limited(holder.name(), "streams");
            throw new ApiException(
                    429,
                    "rate_limit_error",
                    "The key '" + holder.name() + "' has " + holder.limits().streams()
                            + " answers under way, as many as it may; wait for one to end",
                    null,
                    "rate_limit_exceeded",
                    1);
        }
        return new Pass(holder, observer);
    }

    private ApiException limited(String limit, Quota quota, String type) {
        observer.limited(name(), limit);
        return new ApiException(
                429,
                type,
                "Rate limit reached for the key '" + name() + "' on " + limit + " per minute: limit " + quota.limit()
                        + "; try again in " + spelled(quota.nextNanos()),
                null,
                "rate_limit_exceeded",
                Math.clamp(Math.ceilDiv(quota.nextNanos(), 1_000_000_000L), 1, Integer.MAX_VALUE));
    }

    /** What is left, in the headers that OpenAI's clients read. */
    void tell(HttpServerResponse response) {
        if (credential != null) {
            tell(response, "requests", credential.holder().requestQuota());
            tell(response, "tokens", credential.holder().tokenQuota());
        }
    }

    private static void tell(HttpServerResponse response, String what, Quota quota) {
        if (quota.limit() > 0) {
            response.putHeader("x-ratelimit-limit-" + what, Long.toString(quota.limit()))
                    .putHeader("x-ratelimit-remaining-" + what, Long.toString(quota.remaining()))
                    .putHeader("x-ratelimit-reset-" + what, spelled(quota.fullNanos()));
        }
    }

    /** As OpenAI spells times: 20ms, 6.5s, 1m30s. Never less than it takes. */
    static String spelled(long nanos) {
        Duration time = Duration.ofMillis(Math.ceilDiv(nanos, 1_000_000L));
        if (time.toSeconds() == 0) {
            return time.toMillis() + "ms";
        }
        long minutes = time.toMinutes();
        String seconds = time.toSecondsPart() + (time.toMillisPart() == 0 ? "" : "." + tenths(time.toMillisPart()));
        return (minutes == 0 ? "" : minutes + "m") + seconds + "s";
    }

    private static String tenths(int millis) {
        return String.format(Locale.ROOT, "%03d", millis).replaceAll("0+$", "");
    }
}
