package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;
import org.apache.lucene.util.automaton.Transition;

/** What several conditions on one text have in common, by Lucene's automata over code points. */
final class TextSets {
    /** States of a pattern that is looked at together with something else. */
    static final int PATTERN = 3000;
    /** States of bounds, of which hardly any part may be empty. */
    static final int BOUNDS = 20_000;

    /** What may be done to tell what a pattern leaves out, as Lucene counts it: about five to a state. */
    private static final int OPPOSITE = 20_000;

    /** Transitions that are looked at in about the time of a node. */
    private static final int TRANSITIONS = 16;

    private TextSets() {}

    /** @throws StructureException where it takes too many states */
    static Automaton both(Automaton some, Automaton other, Effort effort) {
        if ((long) some.getNumStates() * other.getNumStates() > effort.limits().nodes()) {
            throw new StructureException("", "its conditions on one value are too large together");
        }
        return live(Operations.intersection(some, other), effort);
    }

    /**
     * The automaton of an expression of characters and raw words.
     *
     * @param most states, about: where parts may be empty, it takes the square of that in transitions
     */
    static Automaton of(Expression expression, int most, Effort effort) {
        if (expression instanceof Expression.Regular known) {
            return known.automaton();
        }
        if (Cost.of(expression) > most) {
            throw new StructureException("", "its conditions on one value are too large together");
        }
        return live(made(expression), effort);
    }

    /** What was made is paid for, what can't be finished among it. */
    private static Automaton live(Automaton made, Effort effort) {
        effort.spend((long) made.getNumStates() + made.getNumTransitions());
        return Operations.removeDeadStates(made);
    }

    private static Automaton made(Expression expression) {
        return switch (expression) {
            case Expression.OneOf one -> set(one.set());
            case Expression.Sequence sequence ->
                sequence.parts().isEmpty()
                        ? Automata.makeEmptyString()
                        : Operations.concatenate(
                                sequence.parts().stream().map(TextSets::made).toList());
            case Expression.Choice choice ->
                choice.alternatives().isEmpty()
                        ? Automata.makeEmpty()
                        : Operations.union(choice.alternatives().stream()
                                .map(TextSets::made)
                                .toList());
            case Expression.Repeat repeat -> {
                Automaton body = made(repeat.body());
                yield repeat.most() == Expression.UNBOUNDED
                        ? Operations.repeat(body, repeat.least())
                        : Operations.repeat(body, repeat.least(), repeat.most());
            }
            case Expression.Words words ->
                Operations.union(words.words().stream()
                        .map(word -> Automata.makeString(new String(word, StandardCharsets.UTF_8)))
                        .toList());
            case Expression.Call _, Expression.Ladder _, Expression.Regular _ ->
                throw new IllegalArgumentException("no characters of one text: " + expression.getClass());
        };
    }

    private static Automaton set(CodePoints set) {
        Automaton made = new Automaton();
        int from = made.createState();
        int to = made.createState();
        made.setAccept(to, true);
        for (int range = 0; range < set.ranges(); range++) {
            made.addTransition(from, to, set.first(range), set.last(range));
        }
        made.finishState();
        return made;
    }

    /** Those texts of an automaton that have some length, in code points. */
    static Automaton bounded(Automaton texts, int least, int most, Effort effort) {
        int last = most == Expression.UNBOUNDED ? least : most;
        if ((last + 1L) * texts.getNumStates() > effort.limits().nodes()) {
            throw new StructureException("", "its pattern or format and its length are too large together");
        }
        return both(texts, length(least, most), effort);
    }

    private static Automaton length(int least, int most) {
        Automaton made = new Automaton();
        int last = most == Expression.UNBOUNDED ? least : most;
        for (int count = 0; count <= last; count++) {
            made.createState();
            made.setAccept(count, count >= least);
        }
        for (int count = 0; count < last; count++) {
            made.addTransition(count, count + 1, 0, Character.MAX_CODE_POINT);
        }
        if (most == Expression.UNBOUNDED) {
            made.addTransition(last, last, 0, Character.MAX_CODE_POINT);
        }
        made.finishState();
        return made;
    }

    /** Whether there is no text in it. */
    static boolean isEmpty(Automaton texts) {
        return Operations.isEmpty(texts);
    }

    /** These texts. */
    static Automaton words(List<String> words) {
        return Operations.union(words.stream().map(Automata::makeString).toList());
    }

    /** Texts of any of some. */
    static Automaton any(List<Automaton> texts) {
        return Operations.union(texts);
    }

    /**
     * All other texts.
     *
     * @throws StructureException where it takes too many states to say which those are
     */
    static Automaton complement(Automaton texts, Effort effort) {
        effort.spend((long) texts.getNumStates() + texts.getNumTransitions());
        try {
            return live(Operations.complement(texts, OPPOSITE), effort);
        } catch (TooComplexToDeterminizeException tooLarge) {
            throw new StructureException(
                    "", "a pattern of which it takes too many states to say what doesn't match it");
        }
    }

    /** All texts but these. */
    static Automaton others(Set<String> words, Effort effort) {
        Automaton made = new OtherWords(List.copyOf(words)).automaton();
        effort.spend((long) made.getNumStates() + made.getNumTransitions());
        return made;
    }

    /** Whether a text is one that a (perhaps not deterministic) automaton accepts. */
    static boolean accepts(Automaton automaton, String text, Effort effort) {
        Set<Integer> states = automaton.getNumStates() == 0 ? Set.of() : Set.of(0);
        for (int codePoint : text.codePoints().toArray()) {
            long looked = 1;
            for (int state : states) {
                looked += 1 + automaton.getNumTransitions(state) / TRANSITIONS;
            }
            effort.spend(looked);
            states = after(automaton, states, codePoint);
        }
        return states.stream().anyMatch(automaton::isAccept);
    }

    /** States of an automaton after one more character. */
    private static Set<Integer> after(Automaton automaton, Set<Integer> states, int codePoint) {
        Set<Integer> next = new HashSet<>();
        Transition transition = new Transition();
        for (int state : states) {
            int count = automaton.initTransition(state, transition);
            for (int at = 0; at < count; at++) {
                automaton.getNextTransition(transition);
                if (transition.min <= codePoint && codePoint <= transition.max) {
                    next.add(transition.dest);
                }
            }
        }
        return next;
    }
}
