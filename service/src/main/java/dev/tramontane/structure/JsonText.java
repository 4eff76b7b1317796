package dev.tramontane.structure;

import static dev.tramontane.structure.Expression.choice;
import static dev.tramontane.structure.Expression.optional;
import static dev.tramontane.structure.Expression.sequence;
import static dev.tramontane.structure.Expression.text;

import java.util.List;

/**
 * How JSON may be written. Between two of its tokens stands nothing, one space, or a line feed and at most {@value #INDENT} spaces and tabs; nothing before the
 * first and after the last. Space without end would let a model write nothing else. Numbers have at most {@value #DIGITS} digits before and
 * after the point and {@value #EXPONENT} in the exponent, for the same reason. Strings may have every escape that JSON has, halves of surrogate pairs only together.
 */
final class JsonText {
    static final int INDENT = 64;
    static final int DIGITS = 40;
    static final int EXPONENT = 3;

    static final Expression DIGIT = characters(CodePoints.range('0', '9'));
    private static final Expression POSITIVE_DIGIT = characters(CodePoints.range('1', '9'));
    private static final Expression HEXADECIMAL = hexadecimal("09afAF");

    private static final Rule INDENTED = new Rule(
            "indent", new Expression.Repeat(characters(CodePoints.of(' ').or(CodePoints.of('\t'))), 0, INDENT));

    /** Between two tokens. */
    static final Expression SPACE =
            choice(Expression.EMPTY, text(" "), sequence(text("\n"), new Expression.Call(INDENTED)));

    /** Digits before the point. */
    static final Expression WHOLE =
            choice(text("0"), sequence(POSITIVE_DIGIT, new Expression.Repeat(DIGIT, 0, DIGITS - 1)));

    static final Expression FRACTION = optional(sequence(text("."), new Expression.Repeat(DIGIT, 1, DIGITS)));

    private static final Expression POWER = optional(sequence(
            characters(CodePoints.of('e').or(CodePoints.of('E'))),
            optional(characters(CodePoints.of('+').or(CodePoints.of('-')))),
            new Expression.Repeat(DIGIT, 1, EXPONENT)));

    static final Expression INTEGER = call("integer", sequence(optional(text("-")), WHOLE));
    static final Expression NUMBER = call("number", sequence(optional(text("-")), WHOLE, FRACTION, POWER));

    /** Any character in a string, in every way to write it. */
    static final Expression CHARACTER = choice(
            new Expression.OneOf(Spelling.BARE, Spelling.RAW),
            sequence(text("\\"), choice(characters(named()), sequence(text("u"), codeUnits()))));

    static final Expression STRING = call("string", string(0, Expression.UNBOUNDED));

    private static final Rule VALUES = new Rule("value");

    /** Any value. */
    static final Expression VALUE = new Expression.Call(VALUES);

    /** Any object. */
    static final Expression OBJECT = call(
            "object", object(List.of(new Expression.Rung(member(STRING, VALUE), true, true)), 0, Expression.UNBOUNDED));

    /** Any array. */
    static final Expression ARRAY = call("array", array(List.of(), VALUE, 0, Expression.UNBOUNDED));

    static {
        VALUES.define(choice(STRING, NUMBER, OBJECT, ARRAY, text("true"), text("false"), text("null")));
    }

    private JsonText() {}

    /** A string of so many characters, whatever they are. */
    static Expression string(int least, int most) {
        return sequence(text("\""), new Expression.Repeat(CHARACTER, least, most), text("\""));
    }

    /** A name with its value, and the space after them. */
    static Expression member(Expression name, Expression value) {
        return sequence(name, SPACE, text(":"), SPACE, value, SPACE);
    }

    /**
     * @param rungs each a {@link #member}
     * @param least members
     */
    static Expression object(List<Expression.Rung> rungs, int least, int most) {
        Expression separator = sequence(text(","), SPACE);
        return sequence(text("{"), SPACE, new Expression.Ladder(separator, rungs, least, most), text("}"));
    }

    /**
     * @param first the elements at the beginning
     * @param rest each of those that follow; {@link Expression#NOTHING} where none may
     */
    static Expression array(List<Expression> first, Expression rest, int least, int most) {
        Expression separator = sequence(text(","), SPACE);
        Expression more = sequence(rest, SPACE);
        Expression elements = Expression.EMPTY;
        int needed = Math.max(0, least - first.size());
        int allowed = most == Expression.UNBOUNDED ? most : most - first.size();
        if (allowed > 0 && first.isEmpty()) {
            Expression others = repeat(
                    sequence(separator, more),
                    Math.max(0, needed - 1),
                    allowed == Expression.UNBOUNDED ? allowed : allowed - 1);
            elements = least == 0 ? optional(sequence(more, others)) : sequence(more, others);
        } else if (allowed > 0) {
            elements = repeat(sequence(separator, more), needed, allowed);
        }
        for (int at = Math.min(first.size(), most) - 1; at >= 0; at--) {
            Expression element = sequence(first.get(at), SPACE);
            elements = at == 0 ? sequence(element, elements) : sequence(separator, element, elements);
            elements = at < least ? elements : optional(elements);
        }
        return sequence(text("["), SPACE, elements, text("]"));
    }

    private static Expression repeat(Expression body, int least, int most) {
        return new Expression.Repeat(body, least, most);
    }

    private static Expression call(String name, Expression body) {
        return new Expression.Call(new Rule(name, body));
    }

    private static Expression characters(CodePoints set) {
        return new Expression.OneOf(set, Spelling.RAW);
    }

    private static CodePoints named() {
        return "\"\\/bfnrt".chars().mapToObj(CodePoints::of).reduce(CodePoints.NONE, CodePoints::or);
    }

    /** Four digits that are no surrogate, or two fours that are a pair. */
    private static Expression codeUnits() {
        Expression two = new Expression.Repeat(HEXADECIMAL, 2, 2);
        return choice(
                sequence(hexadecimal("09acefACEF"), HEXADECIMAL, two),
                sequence(hexadecimal("ddDD"), hexadecimal("07"), two),
                sequence(
                        hexadecimal("ddDD"),
                        hexadecimal("89abAB"),
                        two,
                        text("\\u"),
                        hexadecimal("ddDD"),
                        hexadecimal("cfCF"),
                        two));
    }

    /** One character of ranges, each given by its two ends. */
    private static Expression hexadecimal(String ends) {
        CodePoints set = CodePoints.NONE;
        for (int at = 0; at < ends.length(); at += 2) {
            set = set.or(CodePoints.range(ends.charAt(at), ends.charAt(at + 1)));
        }
        return characters(set);
    }
}
