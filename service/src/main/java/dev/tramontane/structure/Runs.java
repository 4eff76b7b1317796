package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds out which texts are allowed at a state whatever they are, as far as {@link ByteGroups} say it: a branch of the vocabulary that has only such bytes
 * is then taken whole. A state has such a run where several groups lead to one state that has one, too, or that is itself. Under the machine's lock.
 */
final class Runs {
    /** States that are looked at for one run; those of the second half are looked at again when they are met. */
    private static final int FAR = 48;

    /** Groups that a network tells more apart lead hardly ever to one state. */
    private static final int MOST_CLASSES = 32;

    private final Machine machine;
    /** Of each group: the classes of its bytes. */
    private final int[][] classes = new int[ByteGroups.COUNT][];

    Runs(Machine machine, int[] classesOfBytes) {
        this.machine = machine;
        for (int group = 0; group < classes.length; group++) {
            List<Integer> its = new ArrayList<>();
            for (int value = 0; value < 256; value++) {
                if (ByteGroups.of(value) == group && !its.contains(classesOfBytes[value])) {
                    its.add(classesOfBytes[value]);
                }
            }
            classes[group] = its.stream().mapToInt(each -> each).toArray();
        }
    }

    /** Whether any text of so many bytes, all of some groups, may follow. */
    boolean allows(State state, int groups, int bytes) {
        if (state.run < 0) {
            if (!mayBegin(state, groups)) {
                return false;
            }
            look(state);
        }
        return state.run >= bytes && (groups & ~state.runGroups) == 0;
    }

    /** Whether each of the groups may follow by itself: to look at a state takes many moves, and most can be told from its next byte. */
    private boolean mayBegin(State state, int groups) {
        for (int rest = groups; rest != 0; rest &= rest - 1) {
            int[] its = classes[Integer.numberOfTrailingZeros(rest)];
            if (its.length > MOST_CLASSES || machine.next(state, its[0]).isDead()) {
                return false;
            }
        }
        return true;
    }

    private void look(State first) {
        List<State> path = new ArrayList<>();
        List<Integer> groups = new ArrayList<>();
        State state = first;
        while (state.run < 0 && path.size() < FAR && !path.contains(state)) {
            path.add(state);
            State[] next = next(state);
            State most = most(next);
            if (most.isDead()) {
                state.run = 0;
                break;
            }
            groups.add(bits(next, most));
            state = most;
        }
        int run = 0;
        int with = 0;
        if (path.contains(state)) {
            // Round in a circle, mostly of one state: without end, in those groups that lead round.
            int all = -1;
            for (int at = path.indexOf(state); at < groups.size(); at++) {
                all &= groups.get(at);
            }
            run = state.run == 0 || all == 0 ? 0 : Expression.UNBOUNDED;
            with = all;
        } else if (state.run > 0) {
            run = state.run;
            with = state.runGroups;
        }
        boolean far = path.size() == FAR && run == 0;
        for (int at = groups.size() - 1; at >= 0; at--) {
            int both = groups.get(at) & with;
            boolean longer = run > 0 && both != 0;
            with = longer ? both : groups.get(at);
            run = !longer ? 1 : run == Expression.UNBOUNDED ? run : run + 1;
            if (!far || at <= FAR / 2) {
                path.get(at).run = run;
                path.get(at).runGroups = with;
            }
        }
    }

    /** Where each group leads; dead where its bytes lead to different states. */
    private State[] next(State state) {
        State[] next = new State[classes.length];
        for (int group = 0; group < next.length; group++) {
            State to = classes[group].length > MOST_CLASSES ? State.DEAD : machine.next(state, classes[group][0]);
            for (int at = 1; at < classes[group].length && !to.isDead(); at++) {
                to = same(to, machine.next(state, classes[group][at]));
            }
            next[group] = to;
        }
        return next;
    }

    @SuppressWarnings("ReferenceEquality") // equal states of one machine are one object
    private static State same(State some, State other) {
        return some == other ? some : State.DEAD;
    }

    @SuppressWarnings("ReferenceEquality") // as above
    private static State most(State[] next) {
        State found = State.DEAD;
        int most = 0;
        for (State each : next) {
            int count = each.isDead() || each == found ? 0 : Integer.bitCount(bits(next, each));
            if (count > most) {
                most = count;
                found = each;
            }
        }
        return found;
    }

    @SuppressWarnings("ReferenceEquality") // as above
    private static int bits(State[] next, State to) {
        int bits = 0;
        for (int group = 0; group < next.length; group++) {
            bits |= next[group] == to ? 1 << group : 0;
        }
        return bits;
    }
}
