package dev.tramontane.structure;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.Set;

/**
 * What must be known of rules that call each other before a network is made of them: which may match the empty text, which can't be finished
 * at all, and whether one calls itself before it has taken a byte.
 */
final class RuleFacts {
    private final ByteSet spellable;
    private final Map<Rule, Set<Rule>> callers = new HashMap<>();
    private final Set<Rule> rules = new LinkedHashSet<>();
    private final Set<Rule> empty = new HashSet<>();
    private final Set<Rule> possible = new HashSet<>();

    /**
     * @param spellable bytes that are tokens by themselves
     * @param impossible rules that are known to have no text, for reasons that aren't looked at here
     * @throws StructureException where a rule calls itself before it has taken a byte
     */
    RuleFacts(Expression whole, ByteSet spellable, Set<Rule> impossible) {
        this.spellable = spellable;
        find(whole);
        Deque<Rule> changed = new ArrayDeque<>(rules);
        Set<Rule> waiting = new HashSet<>(rules);
        while (!changed.isEmpty()) {
            Rule rule = changed.removeLast();
            waiting.remove(rule);
            boolean news = !empty.contains(rule) && mayBeEmpty(rule.body()) && empty.add(rule);
            news |= !impossible.contains(rule)
                    && !possible.contains(rule)
                    && isPossible(rule.body())
                    && possible.add(rule);
            if (news) {
                for (Rule caller : callers.getOrDefault(rule, Set.of())) {
                    if (waiting.add(caller)) {
                        changed.add(caller);
                    }
                }
            }
        }
        refuseLeftRecursion();
    }

    private void find(Expression whole) {
        Deque<Rule> open = new ArrayDeque<>();
        Set<Rule> direct = new LinkedHashSet<>();
        calls(whole, direct);
        direct.forEach(rule -> reach(rule, open));
        while (!open.isEmpty()) {
            Rule rule = open.removeLast();
            Set<Rule> called = new LinkedHashSet<>();
            calls(rule.body(), called);
            for (Rule each : called) {
                callers.computeIfAbsent(each, key -> new LinkedHashSet<>()).add(rule);
                reach(each, open);
            }
        }
    }

    private void reach(Rule rule, Deque<Rule> open) {
        if (rules.add(rule)) {
            open.add(rule);
        }
    }

    private static void calls(Expression expression, Collection<Rule> into) {
        switch (expression) {
            case Expression.Call call -> into.add(call.rule());
            case Expression.Sequence sequence -> sequence.parts().forEach(part -> calls(part, into));
            case Expression.Choice choice -> choice.alternatives().forEach(way -> calls(way, into));
            case Expression.Repeat repeat -> calls(repeat.body(), into);
            case Expression.Ladder ladder -> {
                calls(ladder.separator(), into);
                ladder.rungs().forEach(rung -> calls(rung.part(), into));
            }
            case Expression.Words _, Expression.OneOf _, Expression.Regular _ -> {}
        }
    }

    boolean mayBeEmpty(Expression expression) {
        return switch (expression) {
            case Expression.Words words -> words.words().stream().anyMatch(word -> word.length == 0);
            case Expression.OneOf _ -> false;
            case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::mayBeEmpty);
            case Expression.Choice choice -> choice.alternatives().stream().anyMatch(this::mayBeEmpty);
            case Expression.Repeat repeat -> repeat.least() == 0 || mayBeEmpty(repeat.body());
            case Expression.Call call -> empty.contains(call.rule());
            case Expression.Regular regular ->
                regular.automaton().getNumStates() > 0 && regular.automaton().isAccept(0);
            case Expression.Ladder ladder ->
                ladder.least() == 0 && ladder.rungs().stream().allMatch(Expression.Rung::optional);
        };
    }

    /** Whether some text of it can be spelled; what isn't is left out of the network. */
    boolean isPossible(Rule rule) {
        return possible.contains(rule);
    }

    /** May say yes of something that isn't, where only the builder finds that out; never no of something that is. */
    private boolean isPossible(Expression expression) {
        return switch (expression) {
            case Expression.Words words -> words.words().stream().anyMatch(this::isSpellable);
            case Expression.OneOf one -> !one.set().isEmpty();
            case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::isPossible);
            case Expression.Choice choice -> choice.alternatives().stream().anyMatch(this::isPossible);
            case Expression.Repeat repeat -> repeat.least() == 0 || isPossible(repeat.body());
            case Expression.Call call -> possible.contains(call.rule());
            case Expression.Regular regular -> regular.automaton().getNumStates() > 0;
            case Expression.Ladder ladder ->
                ladder.rungs().stream().allMatch(rung -> rung.optional() || isPossible(rung.part()));
        };
    }

    private boolean isSpellable(byte[] word) {
        for (byte each : word) {
            if (!spellable.contains(each & 0xff)) {
                return false;
            }
        }
        return true;
    }

    private void refuseLeftRecursion() {
        Set<Rule> done = new HashSet<>();
        for (Rule first : rules) {
            SequencedSet<Rule> path = new LinkedHashSet<>();
            List<Deque<Rule>> left = new ArrayList<>();
            enter(first, path, left, done);
            while (!path.isEmpty()) {
                Rule next = left.getLast().poll();
                if (next == null) {
                    done.add(path.removeLast());
                    left.removeLast();
                } else if (path.contains(next)) {
                    throw new StructureException(
                            next.name(),
                            "it calls itself before it has taken a character, and left recursion is not supported");
                } else {
                    enter(next, path, left, done);
                }
            }
        }
    }

    private void enter(Rule rule, Set<Rule> path, List<Deque<Rule>> left, Set<Rule> done) {
        if (!done.contains(rule)) {
            Set<Rule> first = new LinkedHashSet<>();
            firstCalls(rule.body(), first);
            path.add(rule);
            left.add(new ArrayDeque<>(first));
        }
    }

    /** Rules that may be called before a byte is taken. */
    private void firstCalls(Expression expression, Set<Rule> into) {
        switch (expression) {
            case Expression.Call call -> into.add(call.rule());
            case Expression.Sequence sequence -> {
                for (Expression part : sequence.parts()) {
                    firstCalls(part, into);
                    if (!mayBeEmpty(part)) {
                        break;
                    }
                }
            }
            case Expression.Choice choice -> choice.alternatives().forEach(way -> firstCalls(way, into));
            case Expression.Repeat repeat -> firstCalls(repeat.body(), into);
            case Expression.Ladder ladder -> {
                firstCalls(ladder.separator(), into);
                ladder.rungs().forEach(rung -> firstCalls(rung.part(), into));
            }
            case Expression.Words _, Expression.OneOf _, Expression.Regular _ -> {}
        }
    }
}
