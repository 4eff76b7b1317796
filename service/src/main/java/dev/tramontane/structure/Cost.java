package dev.tramontane.structure;

/** About how many nodes an expression takes, exactly enough to tell what is better not written out. */
final class Cost {
    static final long MOST = 1 << 20;

    private Cost() {}

    static long of(Expression expression) {
        long cost = switch (expression) {
            case Expression.Words words ->
                words.words().stream().mapToLong(word -> word.length).sum();
            case Expression.OneOf one -> one.set().ranges();
            case Expression.Sequence sequence ->
                sequence.parts().stream().mapToLong(Cost::of).sum();
            case Expression.Choice choice ->
                choice.alternatives().stream().mapToLong(Cost::of).sum();
            case Expression.Repeat repeat -> of(repeat.body()) * Math.clamp(copies(repeat), 1, MOST);
            case Expression.Call _ -> 4;
            case Expression.Ladder ladder ->
                ladder.rungs().stream().mapToLong(rung -> of(rung.part())).sum();
            case Expression.Regular regular ->
                regular.automaton().getNumStates() + regular.automaton().getNumTransitions();
        };
        return Math.min(MOST, cost);
    }

    static long copies(Expression.Repeat repeat) {
        return repeat.most() == Expression.UNBOUNDED ? Math.max(repeat.least(), 1) : repeat.most();
    }
}
