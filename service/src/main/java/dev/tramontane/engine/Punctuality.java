package dev.tramontane.engine;

import dev.tramontane.engine.RefusedException.Cause;
import java.util.Locale;

/** Turns away whoever cannot be served in time: to wait in vain helps nobody, and takes places from others. Any thread. */
final class Punctuality {
    private static final int MOST_SECONDS = 3600;

    private Punctuality() {}

    /**
     * @throws RefusedException LATE when its first token is not expected before its deadline; with when to come back, or
     *     without where its prompt alone would take longer
     */
    static void check(Request request, Books books, Intake intake) throws RefusedException {
        if (request.urgency().deadlineNanos().isEmpty()) {
            return;
        }
        double left = request.urgency().deadlineNanos().getAsLong() - request.submittedNanos;
        Tenant tenant = request.tenant();
        double expected = books.nanosToFirstToken(
                Likeness.of(request),
                intake.door().queued(tenant),
                intake.door().queued());
        if (left > expected || (left > 0 && expected == 0)) {
            return;
        }
        double alone = request.promptTokens()
                * books.backlog().computedShare()
                * books.backlog().perPrompt();
        int retryAfter = left <= alone ? 0 : (int) Math.clamp(Math.ceil((expected - left) / 1e9), 1, MOST_SECONDS);
        throw new RefusedException(Cause.LATE, words(left, alone, expected), retryAfter);
    }

    private static String words(double left, double alone, double expected) {
        if (left <= 0) {
            return "the deadline has passed before the request could be queued";
        }
        return String.format(
                Locale.ROOT,
                "the deadline is in %.0f ms, but the first token is expected in %.0f ms, %.0f of them for the prompt",
                left / 1e6,
                expected / 1e6,
                alone / 1e6);
    }
}
