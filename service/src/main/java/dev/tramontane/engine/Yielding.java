package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/** Who has to give his place up, of those whom nobody attends to, so that whoever is next in the line can be admitted. */
final class Yielding {
    private Yielding() {}

    /**
     * Plays it: the longest absent go first, and nobody who need not. Whom the line lets in next may change with what is
     * given up, since tenants' holdings decide it.
     *
     * @param held a copy; afterwards what is given up is free in it. Where nothing helps, all is, and still nobody fits
     * @param absent in the order in which they are to go
     * @return who goes; none where the next fits already, or where nothing helps
     */
    static <A extends Applicant> List<A> forNext(
            WaitingLine<? extends Applicant> line, Holdings held, Collection<A> absent) {
        List<A> gone = new ArrayList<>();
        for (Iterator<A> longest = absent.iterator(); !admits(line, held); ) {
            if (!longest.hasNext()) {
                return List.of();
            }
            A next = longest.next();
            held.release(next);
            gone.add(next);
        }
        List<A> needed = new ArrayList<>(gone.size());
        for (A each : gone) {
            held.account(each);
            if (!admits(line, held)) {
                held.release(each);
                needed.add(each);
            }
        }
        return needed;
    }

    private static boolean admits(WaitingLine<? extends Applicant> line, Holdings held) {
        Applicant next = line.next(held);
        return next != null && held.fits(next);
    }
}
