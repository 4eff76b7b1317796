package dev.tramontane.structure;

import static dev.tramontane.structure.Expression.choice;
import static dev.tramontane.structure.Expression.optional;
import static dev.tramontane.structure.Expression.sequence;
import static dev.tramontane.structure.Expression.text;

import java.util.ArrayList;
import java.util.List;

/**
 * How objects and arrays may be written: what may stand between the tokens of JSON. Nothing stands before the first and after the last. Space without end would let a
 * model write nothing else.
 */
final class JsonLayout {
    static final int INDENT = 64;

    /** Nothing, one space, or a line feed and at most {@value #INDENT} spaces and tabs. */
    static final JsonLayout SPACED;

    /** Nothing, but that one space may stand behind a comma or a colon. */
    static final JsonLayout COMPACT;

    static {
        CodePoints blank = CodePoints.of(' ').or(CodePoints.of('\t'));
        Rule indented = new Rule("indent", new Expression.Repeat(JsonText.characters(blank), 0, INDENT));
        Expression any = choice(Expression.EMPTY, text(" "), sequence(text("\n"), new Expression.Call(indented)));
        SPACED = new JsonLayout(any, any);
        COMPACT = new JsonLayout(Expression.EMPTY, optional(text(" ")));
    }

    private final Expression space;
    /** Behind a comma or a colon. */
    private final Expression gap;

    private final Expression value;
    private final Expression object;
    private final Expression array;

    private JsonLayout(Expression space, Expression gap) {
        this.space = space;
        this.gap = gap;
        Rule values = new Rule("value");
        value = new Expression.Call(values);
        Expression.Rung members = new Expression.Rung(member(JsonText.STRING, value), true, true);
        object = JsonText.call("object", object(List.of(members), 0, Expression.UNBOUNDED));
        array = JsonText.call("array", array(List.of(), value, 0, Expression.UNBOUNDED));
        values.define(
                choice(JsonText.STRING, JsonText.NUMBER, object, array, text("true"), text("false"), text("null")));
    }

    static JsonLayout of(boolean compact) {
        return compact ? COMPACT : SPACED;
    }

    /** Any value. */
    Expression value() {
        return value;
    }

    /** Any object. */
    Expression object() {
        return object;
    }

    /** Any array. */
    Expression array() {
        return array;
    }

    /** A name with its value, and the space after them. */
    Expression member(Expression name, Expression of) {
        return sequence(name, space, text(":"), gap, of, space);
    }

    /**
     * @param rungs each a {@link #member}
     * @param least members
     */
    Expression object(List<Expression.Rung> rungs, int least, int most) {
        Expression separator = sequence(text(","), gap);
        boolean counted = rungs.size() == 1 && rungs.getFirst().repeated() && most != Expression.UNBOUNDED;
        Expression members = counted
                ? separated(rungs.getFirst().part(), separator, least, most)
                : new Expression.Ladder(separator, rungs, least, most);
        return sequence(text("{"), space, members, text("}"));
    }

    /** The same many times: as a counted loop, whose length doesn't depend on the count. */
    private static Expression separated(Expression part, Expression separator, int least, int most) {
        if (most == 0) {
            return Expression.EMPTY;
        }
        Expression others = new Expression.Repeat(
                sequence(separator, part), Math.max(0, least - 1), most == Expression.UNBOUNDED ? most : most - 1);
        return least == 0 ? optional(sequence(part, others)) : sequence(part, others);
    }

    /**
     * @param first the elements at the beginning
     * @param rest each of those that follow; {@link Expression#NOTHING} where none may
     */
    Expression array(List<Expression> first, Expression rest, int least, int most) {
        Expression separator = sequence(text(","), gap);
        Expression more = sequence(rest, space);
        Expression elements = Expression.EMPTY;
        int needed = Math.max(0, least - first.size());
        int allowed = most == Expression.UNBOUNDED ? most : most - first.size();
        if (first.isEmpty()) {
            elements = separated(more, separator, least, most);
        } else if (allowed > 0) {
            elements = new Expression.Repeat(sequence(separator, more), needed, allowed);
        }
        for (int at = Math.min(first.size(), most) - 1; at >= 0; at--) {
            Expression element = sequence(first.get(at), space);
            elements = at == 0 ? sequence(element, elements) : sequence(separator, element, elements);
            elements = at < least ? elements : optional(elements);
        }
        return sequence(text("["), space, elements, text("]"));
    }

    /**
     * An array of elements of some kinds, in an order.
     *
     * @param rungs each of an element, without the space behind it
     */
    Expression array(List<Expression.Rung> rungs, int least, int most) {
        List<Expression.Rung> spaced = rungs.stream()
                .map(rung -> new Expression.Rung(sequence(rung.part(), space), rung.optional(), rung.repeated()))
                .toList();
        return sequence(
                text("["), space, new Expression.Ladder(sequence(text(","), gap), spaced, least, most), text("]"));
    }

    /** An array of some of these values, none of them twice, in any order: a rule for each set of those that were there already. */
    Expression distinct(List<Expression> values, int least, int most) {
        Expression separator = sequence(text(","), gap);
        Rule[] after = new Rule[1 << values.size()];
        for (int used = 0; used < after.length; used++) {
            after[used] = new Rule("others");
        }
        for (int used = 0; used < after.length; used++) {
            int count = Integer.bitCount(used);
            List<Expression> ways = new ArrayList<>();
            for (int at = 0; at < values.size() && count < most; at++) {
                if ((used >> at & 1) == 0) {
                    Expression element = sequence(values.get(at), space, new Expression.Call(after[used | 1 << at]));
                    ways.add(count == 0 ? element : sequence(separator, element));
                }
            }
            if (count >= least) {
                ways.add(Expression.EMPTY);
            }
            after[used].define(new Expression.Choice(ways));
        }
        return sequence(text("["), space, new Expression.Call(after[0]), text("]"));
    }
}
