package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntBiFunction;

/** Makes nodes of an {@link Expression.Ladder}: of each rung one for each number of parts before it, as far as numbers are told apart. */
final class LadderNodes {
    private final Expression.Ladder ladder;
    private final Nodes nodes;
    private final ToIntBiFunction<Expression, Integer> builder;
    /** Numbers of parts from here on are all the same. */
    private final int cap;

    private final boolean endless;

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
    }

    int build(int then) {
        int[] after = new int[cap + 1];
        for (int count = 0; count <= cap; count++) {
            after[count] = count >= ladder.least() ? then : Nodes.NOWHERE;
        }
        List<Expression.Rung> rungs = ladder.rungs();
        boolean[][] met = met(rungs);
        for (int at = rungs.size() - 1; at >= 0; at--) {
            after = rung(rungs.get(at), after, met[at]);
        }
        return after[0];
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

    private int[] rung(Expression.Rung rung, int[] after, boolean[] met) {
        int[] here = new int[cap + 1];
        Arrays.fill(here, Nodes.NOWHERE);
        // The part that leads to a number of parts stands once, whichever numbers lead to it.
        int[] parts = new int[cap + 1];
        Arrays.fill(parts, Nodes.NOWHERE);
        boolean[] made = new boolean[cap + 1];
        for (int count = cap; count >= 0; count--) {
            if (!met[count]) {
                continue;
            }
            int skipped = rung.optional() || rung.repeated() ? after[count] : Nodes.NOWHERE;
            if (count == cap && !endless) {
                here[count] = skipped;
                continue;
            }
            int reached = Math.min(count + 1, cap);
            boolean cycle = rung.repeated() && reached == count;
            here[count] = cycle ? nodes.branchLater() : Nodes.NOWHERE;
            if (!made[reached]) {
                made[reached] = true;
                parts[reached] = builder.applyAsInt(rung.part(), rung.repeated() ? here[reached] : after[reached]);
            }
            int taken = count == 0 ? parts[reached] : builder.applyAsInt(ladder.separator(), parts[reached]);
            if (!cycle) {
                here[count] = nodes.branch(taken, skipped);
            } else if (taken == Nodes.NOWHERE || skipped == Nodes.NOWHERE) {
                here[count] = skipped;
            } else {
                nodes.open(here[count], taken, skipped);
            }
        }
        return here;
    }
}
