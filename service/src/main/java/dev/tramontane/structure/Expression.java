package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;

/** What a text may be: the form to which schemas, patterns, grammars and choices are read, and of which a {@link Network} is made. */
sealed interface Expression {
    /** As {@link Repeat#most}: without end. */
    int UNBOUNDED = Integer.MAX_VALUE;

    /** No text, not even the empty one. */
    Expression NOTHING = new Choice(List.of());

    Expression EMPTY = new Sequence(List.of());

    /** One of these byte strings: a tree of their common beginnings, where a choice would be as wide as it has members. */
    record Words(List<byte[]> words) implements Expression {}

    /** One character of a set. */
    record OneOf(CodePoints set, Spelling spelling) implements Expression {}

    /** One after the other. */
    record Sequence(List<Expression> parts) implements Expression {}

    /** One of them; none of them matches nothing. */
    record Choice(List<Expression> alternatives) implements Expression {}

    /** The same many times; {@code most} may be {@link #UNBOUNDED}. */
    record Repeat(Expression body, int least, int most) implements Expression {
        public Repeat {
            if (least < 0 || most < least) {
                throw new IllegalArgumentException("from " + least + " to " + most);
            }
        }
    }

    /** What a rule says; a rule may call itself, though not before it has taken a byte. */
    record Call(Rule rule) implements Expression {}

    /** What a finite automaton over code points accepts, each spelled. */
    record Regular(Automaton automaton, Spelling spelling) implements Expression {}

    /**
     * Parts in their order, those that are optional perhaps left out, with a separator between those that are there.
     *
     * @param least parts that are there
     * @param most of them; may be {@link #UNBOUNDED}
     */
    record Ladder(Expression separator, List<Rung> rungs, int least, int most) implements Expression {}

    /** A part of a ladder. Repeated ones are optional and may stand any number of times, each with a separator before it. */
    record Rung(Expression part, boolean optional, boolean repeated) {}

    static Expression text(String text) {
        return new Words(List.of(text.getBytes(StandardCharsets.UTF_8)));
    }

    static Expression sequence(Expression... parts) {
        return new Sequence(List.of(parts));
    }

    static Expression choice(Expression... alternatives) {
        return new Choice(List.of(alternatives));
    }

    static Expression optional(Expression part) {
        return new Repeat(part, 0, 1);
    }
}
