package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntBiFunction;

/**
 * Makes nodes of an {@link Expression.Ladder}: of each rung one for each number of parts before it, as far as numbers are told apart. A separator stands once before all
 * rungs that may follow it, and beginnings that these share are shared, so that a text is at one place there and not at as many as there are rungs.
 */
final class LadderNodes {
    private final Expression.Ladder ladder;
    private final Nodes nodes;
    private final ToIntBiFunction<Expression, Integer> builder;
    /** Numbers of parts from here on are all the same. */
    private final int cap;

    private final boolean endless;

    /** By the number of parts so far: before what the rungs that are known may add, a separator first. */
    private final int[] before;

    /** The same behind the separator: a part must follow. */
    private final int[] inside;

    /** What follows where they add nothing. */
    private final int[] ends;

    LadderNodes(Expression.Ladder ladder, Nodes nodes, ToIntBiFunction<Expression, Integer> builder) {
        this.ladder = ladder;
        this.nodes = nodes;
        this.builder = builder;
        this.endless = ladder.most() == Expression.UNBOUNDED;
        int rungs = ladder.rungs().size();
        boolean repeats = ladder.rungs().stream().anyMatch(Expression.Rung::repeated);
        int least = repeats ? ladder.least() : Math.min(ladder.least(), rungs + 1);
        int most = repeats ? ladder.most() : Math.min(ladder.most(), rungs + 1);
        this.cap = endless ? Math.max(1, least) : most;
        nodes.checkRoom((cap + 1L) * rungs);
        this.before = new int[cap + 1];
        this.inside = new int[cap + 1];
        this.ends = new int[cap + 1];
    }

    int build(int then) {
        for (int count = 0; count <= cap; count++) {
            ends[count] = count >= ladder.least() ? then : Nodes.NOWHERE;
            before[count] = ends[count];
            inside[count] = Nodes.NOWHERE;
        }
        List<Expression.Rung> rungs = ladder.rungs();
        boolean[][] met = met(rungs);
        for (int at = rungs.size() - 1; at >= 0; at--) {
            rung(rungs.get(at), met[at]);
        }
        return before[0];
    }

    /** Which numbers of parts may stand before each rung: those that can't need no nodes. */
    private boolean[][] met(List<Expression.Rung> rungs) {
        List<boolean[]> met = new ArrayList<>();
        boolean[] here = new boolean[cap + 1];
        here[0] = true;
        for (Expression.Rung rung : rungs) {
            boolean[] next = new boolean[cap + 1];
            for (int count = 0; count <= cap; count++) {
                if (rung.repeated()) {
                    here[count] |= count > 0 && here[count - 1];
                }
                next[count] |= here[count] && rung.optional();
                boolean more = count < cap || endless;
                if (here[count] && more) {
                    next[Math.min(count + 1, cap)] = true;
                }
            }
            met.add(here);
            here = next;
        }
        return met.toArray(boolean[][]::new);
    }

    /** Goes from what is known of the rungs behind one to what is known with it. */
    private void rung(Expression.Rung rung, boolean[] met) {
        boolean skipped = rung.optional() || rung.repeated();
        int[] after = before.clone();
        // The part that leads to a number of parts stands once, whichever numbers lead to it.
        int[] parts = new int[cap + 1];
        boolean[] made = new boolean[cap + 1];
        for (int count = cap; count >= 0; count--) {
            int others = skipped ? inside[count] : Nodes.NOWHERE;
            ends[count] = skipped ? ends[count] : Nodes.NOWHERE;
            before[count] = Nodes.NOWHERE;
            inside[count] = Nodes.NOWHERE;
            if (!met[count]) {
                continue;
            }
            int reached = Math.min(count + 1, cap);
            boolean more = count < cap || endless;
            // Where it may stand again and again without an end, it isn't begun.
            boolean cycle = more
                    && rung.repeated()
                    && reached == count
                    && (others != Nodes.NOWHERE || ends[count] != Nodes.NOWHERE);
            before[count] = cycle ? nodes.branchLater() : Nodes.NOWHERE;
            if (more && !made[reached]) {
                made[reached] = true;
                parts[reached] = builder.applyAsInt(rung.part(), rung.repeated() ? before[reached] : after[reached]);
            }
            inside[count] = nodes.either(more ? parts[reached] : Nodes.NOWHERE, others);
            int taken = count == 0 ? inside[count] : builder.applyAsInt(ladder.separator(), inside[count]);
            if (cycle) {
                nodes.open(before[count], taken, ends[count]);
            } else {
                before[count] = nodes.branch(taken, ends[count]);
            }
        }
    }
}
