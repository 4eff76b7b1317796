package dev.tramontane.structure;

import static dev.tramontane.structure.Expression.choice;
import static dev.tramontane.structure.Expression.optional;
import static dev.tramontane.structure.Expression.sequence;
import static dev.tramontane.structure.Expression.text;

/**
 * How JSON's scalars may be written. Numbers have at most {@value #DIGITS} digits before and
 * after the point and {@value #EXPONENT} in the exponent: digits without end would let a model write nothing else. Strings may have every escape that JSON has, halves of surrogate pairs only together.
 */
final class JsonText {
    static final int DIGITS = 40;
    static final int EXPONENT = 3;

    static final Expression DIGIT = characters(CodePoints.range('0', '9'));
    private static final Expression POSITIVE_DIGIT = characters(CodePoints.range('1', '9'));
    private static final Expression HEXADECIMAL = hexadecimal("09afAF");

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

    private JsonText() {}

    /** A string of so many characters, whatever they are. */
    static Expression string(int least, int most) {
        return sequence(text("\""), new Expression.Repeat(CHARACTER, least, most), text("\""));
    }

    static Expression call(String name, Expression body) {
        return new Expression.Call(new Rule(name, body));
    }

    static Expression characters(CodePoints set) {
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
