package dev.tramontane.engine;

import java.util.Map;

/**
 * The work of the admitted sequences and the measured speeds, as of the last step: enough to tell a refused client when
 * to come back, and a hurried one whether it comes in time. Immutable; any thread.
 *
 * @param sequences admitted and not ended
 * @param promptTokens of them, still to be computed
 * @param promptTokensOf the same by tenant; who has none is left out
 * @param generatedTokens that they are expected to generate still
 * @param generatedPerSequence tokens that a sequence is expected to generate
 * @param computedShare of a prompt's tokens those that have to be computed, 0..1
 */
record Backlog(
        int sequences,
        double promptTokens,
        Map<String, Double> promptTokensOf,
        double generatedTokens,
        double nanosPerPromptToken,
        double nanosPerGeneratedToken,
        double generatedPerSequence,
        double computedShare) {

    static final Backlog NONE = new Backlog(0, 0, Map.of(), 0, 0, 0, 0, 1);

    /** Between two places while no speed is known. */
    private static final double UNKNOWN_NANOS = 1e9;

    /** Rates change; who comes a little late finds a place, who comes a little early doesn't. */
    private static final double CAUTION = 1.3;

    private double perGenerated() {
        return nanosPerGeneratedToken > 0 ? nanosPerGeneratedToken : nanosPerPromptToken;
    }

    double perPrompt() {
        return nanosPerPromptToken > 0 ? nanosPerPromptToken : nanosPerGeneratedToken;
    }

    /** Of all that is admitted. */
    private double admittedNanos() {
        return promptTokens * perPrompt() + generatedTokens * perGenerated();
    }

    private double queuedNanos(Queued queued) {
        return queued.tokens() * perPrompt() + queued.requests() * generatedPerSequence * perGenerated();
    }

    /**
     * Seconds until room is expected for one more client turned away. The admitted sequences share the machine and may all
     * end as late as the last of them; from then on places become free at the pace of the queue's work.
     *
     * @param share of the queued tokens that must leave first, 0..1
     */
    int retryAfterSeconds(ReturnTimes times, long now, Queued waiting, double share) {
        double admitted = CAUTION * admittedNanos();
        double queued = CAUTION * queuedNanos(waiting);
        double each = (admitted + queued) / Math.max(1, sequences + waiting.requests());
        if (each == 0) {
            each = UNKNOWN_NANOS;
        } else if (waiting.requests() > 0) {
            each = Math.max(each, queued / waiting.requests());
        }
        double round = 4 * (admitted + queued) + 60e9;
        return times.next(now, Math.max(admitted, share * queued), each, round);
    }

    /**
     * Nanoseconds until the first token of one more, as expected; 0 while nothing has been measured. Rows of prompts are
     * computed in turns: those of its own tenant before it all, those of the others as many again at most. Where there is no
     * place for it now, places become free one after the other, at the pace of all the work.
     *
     * @param ahead of its tenant, in front of it
     * @param others of other tenants
     * @param all that wait
     * @param starts whether there is a place for it now
     */
    double nanosToFirstToken(Likeness newcomer, Queued ahead, Queued others, Queued all, boolean starts) {
        double own = newcomer.promptTokens() * computedShare;
        double theirs = promptTokensOf.getOrDefault(newcomer.tenant().name(), 0.0);
        double mine = own + theirs + ahead.tokens() * computedShare;
        double beside = Math.min(mine, promptTokens - theirs + others.tokens() * computedShare);
        double rows = (mine + beside) * perPrompt();
        if (starts) {
            return rows;
        }
        int turns = ahead.requests() + Math.min(others.requests(), ahead.requests() + 1) + newcomer.places();
        double each = (admittedNanos() + queuedNanos(all)) / Math.max(1, sequences + all.requests());
        return Math.max(rows, turns * each + own * perPrompt());
    }
}
