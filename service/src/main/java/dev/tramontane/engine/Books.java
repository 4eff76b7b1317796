package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * What admission knew at the end of a step: enough for any thread to say what it would do with one more. Immutable by
 * custom: nobody changes what it holds.
 *
 * @param used pages of each group that are held
 * @param kept pages of each group that are free, with something in them that may be found again
 * @param absent those who would give their places up, in the order in which they would
 * @param waiting as many as could be admitted before somebody else comes or goes
 */
record Books(
        EngineStatus status,
        Holdings holdings,
        List<Integer> used,
        List<Integer> kept,
        List<Likeness> absent,
        WaitingLine<Applicant> waiting,
        Backlog backlog) {

    /** Whether a newcomer would be admitted in the next step. Plays what the engine does, by the code it does it with. */
    boolean starts(Likeness newcomer) {
        if (!status.healthy()) {
            return false;
        }
        if (waiting.size() == 0 && absent.isEmpty()) {
            return holdings.allows(newcomer) && holdings.fits(newcomer);
        }
        Holdings held = holdings.copy();
        WaitingLine<Applicant> line = waiting.copy(Integer.MAX_VALUE);
        line.add(newcomer);
        List<Likeness> left = new ArrayList<>(absent);
        while (true) {
            left.removeAll(Yielding.forNext(line, held, left));
            Applicant next = line.next(held);
            if (next == null || !held.fits(next)) {
                return false;
            }
            if (next == newcomer) {
                return true;
            }
            line.admitted(next);
            line.remove(next);
            if (!next.endsAtOnce()) {
                held.account(next);
            }
        }
    }

    /**
     * Nanoseconds until a newcomer's first token, as expected by the measured rates; 0 while nothing has been measured.
     *
     * @param own requests of its tenant that wait, and their prompt tokens
     * @param all requests that wait, these included
     */
    double nanosToFirstToken(Likeness newcomer, Queued own, Queued all) {
        int behind = waiting.behind(newcomer.tenant(), newcomer.priority());
        double share = own.requests() == 0 ? 0 : (double) Math.max(0, own.requests() - behind) / own.requests();
        Queued ahead = new Queued((int) (own.requests() * share), (long) (own.tokens() * share));
        Queued others = new Queued(all.requests() - own.requests(), all.tokens() - own.tokens());
        return backlog.nanosToFirstToken(newcomer, ahead, others, all, starts(newcomer));
    }
}
