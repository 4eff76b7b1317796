package dev.tramontane.structure;

import java.util.List;

/** What a text may be: the form to which patterns and choices are read, and of which a {@link Network} is made. */
sealed interface Expression {
    /** As {@link Repeat#most}: without end. */
    int UNBOUNDED = Integer.MAX_VALUE;

    /** No text, not even the empty one. */
    Expression NOTHING = new Choice(List.of());

    /** One of these byte strings: a tree of their common beginnings, where a choice would be as wide as it has members. */
    record Words(List<byte[]> words) implements Expression {}

    /** One character of a set, as UTF-8. */
    record OneOf(CodePoints set) implements Expression {}

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
}
