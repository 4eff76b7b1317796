package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;

/** A frame that is being made: its ways are still found. Used within one {@link Closure}. */
final class Draft extends Level {
    final int loop;
    final int need;
    final int left;

    /** Where texts go on after it. */
    final Ways returns = new Ways();

    /** What is called last in it: that goes on where this one does. */
    final List<Draft> tails = new ArrayList<>(0);

    /** Whether its end was reached, so that whatever follows is reached, too. */
    boolean ended;

    Draft(int id, int loop, int need, int left) {
        super(id);
        this.loop = loop;
        this.need = need;
        this.left = left;
    }

    /** Whether it is a loop's only round, or its last. */
    boolean isCall() {
        return left == 1;
    }
}
