package dev.tramontane.engine;

import java.util.List;

/** Lets the absent give their places up when somebody waits for whom there is no room, and only when that makes some. Engine thread only. */
final class Yields {
    private final WaitingLine<Request> line;
    private final Holdings holdings;
    private final Absent absent;
    private final RunningSequences sequences;

    /** What the last look that helped nobody was taken at. */
    private long inVain = -1;

    Yields(WaitingLine<Request> line, Holdings holdings, Absent absent, RunningSequences sequences) {
        this.line = line;
        this.holdings = holdings;
        this.absent = absent;
        this.sequences = sequences;
    }

    /** Whether somebody waits, and something has changed since the last look. */
    boolean mayMakeRoom() {
        return line.size() > 0 && !absent.isEmpty() && changes() != inVain;
    }

    private long changes() {
        return holdings.changes() + line.changes() + absent.changes();
    }

    /** Afterwards there is room for whoever is next, or nobody's absence could make it. Looks again only after a change. */
    void makeRoom() {
        if (!mayMakeRoom()) {
            return;
        }
        long changes = changes();
        List<Request> gone = Yielding.forNext(line, holdings.copy(), absent.inOrder());
        gone.forEach(request -> sequences.endAll(request, FinishReason.YIELDED, ""));
        if (gone.isEmpty()) {
            inVain = changes;
        }
    }
}
