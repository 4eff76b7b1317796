package dev.tramontane.structure;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/** Makes nodes of an automaton over code points: a branch for each state, and the spelling of what leads from one to another. */
final class RegularNodes {
    private final Automaton automaton;
    private final Spelling spelling;
    private final Nodes nodes;
    private final Characters characters;
    /** Of each state: where it leads, and by which characters. */
    private final List<Map<Integer, CodePoints>> ways = new ArrayList<>();

    /** Gives the node before a character of a set. */
    interface Characters {
        int node(CodePoints set, Spelling spelling, int then);
    }

    RegularNodes(Expression.Regular regular, Nodes nodes, Characters characters) {
        this.automaton = regular.automaton();
        this.spelling = regular.spelling();
        this.nodes = nodes;
        this.characters = characters;
        Transition transition = new Transition();
        for (int state = 0; state < automaton.getNumStates(); state++) {
            Map<Integer, CodePoints> from = new LinkedHashMap<>();
            int count = automaton.initTransition(state, transition);
            for (int at = 0; at < count; at++) {
                automaton.getNextTransition(transition);
                CodePoints range = CodePoints.range(transition.min, transition.max);
                if (!range.isEmpty()) {
                    from.merge(transition.dest, range, CodePoints::or);
                }
            }
            ways.add(from);
        }
    }

    int build(int then) {
        int states = automaton.getNumStates();
        boolean[] live = live();
        if (states == 0 || !live[0]) {
            return Nodes.NOWHERE;
        }
        nodes.checkRoom(least(live));
        int[] plain = plain();
        int[] starts = new int[states];
        for (int state = 0; state < states; state++) {
            starts[state] = live[state] ? nodes.branchLater() : Nodes.NOWHERE;
        }
        for (int state = 0; state < states; state++) {
            if (!live[state]) {
                continue;
            }
            List<Integer> out = new ArrayList<>();
            for (Map.Entry<Integer, CodePoints> way : ways.get(state).entrySet()) {
                int begin = characters.node(way.getValue(), spelling, starts[way.getKey()]);
                if (plain[state] > 0 && way.getValue().containsAll(CodePoints.PLAIN)) {
                    nodes.plain(begin, plain[state]);
                }
                out.add(begin);
            }
            if (automaton.isAccept(state)) {
                out.add(then);
            }
            nodes.open(starts[state], out.stream().mapToInt(way -> way).toArray());
        }
        return starts[0];
    }

    /** Nodes that it takes at least: where every character can be spelled, each way takes one. What is too large is refused before any is made. */
    private long least(boolean[] live) {
        boolean all = nodes.reads(Machine.ALL_BYTES);
        long least = 0;
        for (int state = 0; state < live.length; state++) {
            if (live[state]) {
                least++;
                for (int to : ways.get(state).keySet()) {
                    least += all && live[to] ? 1 : 0;
                }
            }
        }
        return least;
    }

    /** States from which the end can be reached by what can be spelled. */
    private boolean[] live() {
        int states = automaton.getNumStates();
        List<List<Integer>> before = new ArrayList<>();
        for (int state = 0; state < states; state++) {
            before.add(new ArrayList<>());
        }
        for (int state = 0; state < states; state++) {
            for (Map.Entry<Integer, CodePoints> way : ways.get(state).entrySet()) {
                if (nodes.reads(Machine.ALL_BYTES)
                        || characters.node(way.getValue(), spelling, Network.RETURN_NODE) != Nodes.NOWHERE) {
                    before.get(way.getKey()).add(state);
                }
            }
        }
        boolean[] live = new boolean[states];
        Deque<Integer> open = new ArrayDeque<>();
        for (int state = 0; state < states; state++) {
            if (automaton.isAccept(state)) {
                live[state] = true;
                open.add(state);
            }
        }
        while (!open.isEmpty()) {
            for (int state : before.get(open.removeLast())) {
                if (!live[state]) {
                    live[state] = true;
                    open.add(state);
                }
            }
        }
        return live;
    }

    /** How many plain characters may follow each state, whatever they are: along ways that take all of them, one to each state. */
    private int[] plain() {
        int[] plain = new int[ways.size()];
        if (!nodes.reads(PlainText.BYTES)) {
            return plain;
        }
        int[] to = new int[ways.size()];
        Arrays.fill(to, -1);
        for (int state = 0; state < to.length; state++) {
            for (Map.Entry<Integer, CodePoints> way : ways.get(state).entrySet()) {
                if (way.getValue().containsAll(CodePoints.PLAIN)) {
                    to[state] = way.getKey();
                }
            }
        }
        for (int first = 0; first < to.length; first++) {
            List<Integer> path = new ArrayList<>();
            int state = first;
            while (to[state] >= 0 && plain[state] == 0) {
                plain[state] = -1;
                path.add(state);
                state = to[state];
            }
            int after = plain[state] == -1 ? Expression.UNBOUNDED : plain[state];
            for (int each : path.reversed()) {
                after = after == Expression.UNBOUNDED ? after : after + 1;
                plain[each] = after;
            }
        }
        return plain;
    }
}
