package dev.tramontane.structure;

import static dev.tramontane.structure.Expression.choice;
import static dev.tramontane.structure.Expression.optional;
import static dev.tramontane.structure.Expression.sequence;
import static dev.tramontane.structure.Expression.text;

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
        return sequence(text("{"), space, new Expression.Ladder(separator, rungs, least, most), text("}"));
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
        if (allowed > 0 && first.isEmpty()) {
            Expression others = new Expression.Repeat(
                    sequence(separator, more),
                    Math.max(0, needed - 1),
                    allowed == Expression.UNBOUNDED ? allowed : allowed - 1);
            elements = least == 0 ? optional(sequence(more, others)) : sequence(more, others);
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
}
