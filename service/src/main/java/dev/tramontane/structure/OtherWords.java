package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.lucene.util.automaton.Automaton;

/**
 * The deterministic automaton of all texts but some words: a tree of their beginnings, from which whatever isn't in it leads to one state that
 * accepts everything. Made at once, where subtracting would make and determinise a union first.
 */
final class OtherWords {
    private final List<TreeMap<Integer, Integer>> children = new ArrayList<>();
    private final List<Boolean> ends = new ArrayList<>();

    OtherWords(List<String> words) {
        node();
        for (String word : words) {
            int at = 0;
            for (int codePoint : word.codePoints().toArray()) {
                Integer known = children.get(at).get(codePoint);
                if (known == null) {
                    known = node();
                    children.get(at).put(codePoint, known);
                }
                at = known;
            }
            ends.set(at, true);
        }
    }

    private int node() {
        children.add(new TreeMap<>());
        ends.add(false);
        return children.size() - 1;
    }

    /** Every state of it is needed: all but the one that accepts everything lead there. State by state, as Lucene keeps it: nothing is sorted. */
    Automaton automaton() {
        int any = children.size();
        Automaton made = new Automaton(any + 1, 3 * any + 1);
        for (int state = 0; state <= any; state++) {
            made.createState();
            made.setAccept(state, state == any || !ends.get(state));
        }
        for (int state = 0; state < any; state++) {
            int next = 0;
            for (var child : children.get(state).entrySet()) {
                gap(made, state, next, child.getKey() - 1);
                made.addTransition(state, child.getValue(), child.getKey());
                next = child.getKey() + 1;
            }
            gap(made, state, next, Character.MAX_CODE_POINT);
        }
        gap(made, any, 0, Character.MAX_CODE_POINT);
        made.finishState();
        return made;
    }

    private void gap(Automaton made, int from, int first, int last) {
        if (first <= last) {
            made.addTransition(from, children.size(), first, last);
        }
    }
}
