package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads regular expressions of ECMAScript's kind, by code points: {@code |}, groups ({@code ()} and {@code (?:)}, which only group), {@code * + ?}
 * and counts (those that are followed by {@code ?} mean the same texts), {@code .} (all but line ends), sets, {@code \d \w \s} (with ASCII
 * digits and words) and their opposites, and the escapes {@code \t \n \r \f \v \0 \xHH}, a {@code u} with four digits or digits in braces, and any
 * punctuation. A {@code ^} at the beginning and a {@code $} at the end of the whole change nothing, since the whole text must match. Refused by
 * name: look-around, references, named groups, properties ({@code \p}), word boundaries, anchors elsewhere.
 */
final class RegexReader {
    private final RegexText text;
    private final int mostNesting;
    private final Spelling spelling;
    private final boolean search;
    private int nesting;

    private RegexReader(String pattern, StructureLimits limits, Spelling spelling, boolean search) {
        this.text = new RegexText(pattern);
        this.mostNesting = limits.nesting();
        this.spelling = spelling;
        this.search = search;
    }

    /** What a pattern matches from beginning to end. */
    static Expression read(String pattern, StructureLimits limits) {
        RegexReader reader = new RegexReader(pattern, limits, Spelling.RAW, false);
        reader.text.take('^');
        return reader.whole();
    }

    /** What a pattern is found in, as JSON schemas mean it: each alternative may be anchored by {@code ^} and {@code $}. */
    static Expression search(String pattern, StructureLimits limits, Spelling spelling) {
        return new RegexReader(pattern, limits, spelling, true).whole();
    }

    private Expression whole() {
        Expression whole = alternatives();
        if (!text.isEnd()) {
            throw text.wrong("a ) that closes nothing");
        }
        return whole;
    }

    private Expression alternatives() {
        List<Expression> ways = new ArrayList<>();
        do {
            ways.add(terms());
        } while (text.take('|'));
        return ways.size() == 1 ? ways.getFirst() : new Expression.Choice(ways);
    }

    private Expression terms() {
        List<Expression> parts = new ArrayList<>();
        boolean outermost = search && nesting == 0;
        if (outermost && !text.take('^')) {
            parts.add(anything());
        }
        boolean ended = false;
        while (!text.isEnd() && text.peek() != '|' && text.peek() != ')') {
            if (nesting == 0 && text.endsWith('$', search)) {
                text.next();
                ended = true;
            } else {
                parts.add(repeated(atom()));
            }
        }
        if (outermost && !ended) {
            parts.add(anything());
        }
        return parts.size() == 1 ? parts.getFirst() : new Expression.Sequence(parts);
    }

    private Expression anything() {
        return new Expression.Repeat(one(CodePoints.ALL), 0, Expression.UNBOUNDED);
    }

    private Expression one(CodePoints set) {
        return new Expression.OneOf(set, spelling);
    }

    private Expression repeated(Expression body) {
        int least = 0;
        int most = Expression.UNBOUNDED;
        if (text.take('+')) {
            least = 1;
        } else if (text.take('?')) {
            most = 1;
        } else if (text.take('{')) {
            least = text.count();
            most = least;
            if (text.take(',')) {
                most = text.peek() == '}' ? Expression.UNBOUNDED : text.count();
            }
            if (!text.take('}')) {
                throw text.wrong("a count that isn't closed by }");
            }
            if (most < least) {
                throw text.wrong("a count from " + least + " to " + most);
            }
        } else if (!text.take('*')) {
            return body;
        }
        text.take('?');
        if (!text.isEnd() && "*+?{".indexOf(text.peek()) >= 0) {
            throw text.wrong("two counts for one part; put the first into a group");
        }
        return new Expression.Repeat(body, least, most);
    }

    private Expression atom() {
        int next = text.next();
        return switch (next) {
            case '(' -> group();
            case '[' -> one(text.set());
            case '.' -> one(RegexText.LINE_ENDS.complement());
            case '\\' -> one(text.escape(false));
            case '^', '$' ->
                throw text.before("an anchor (^ or $) other than around the whole, which is not supported");
            case '*', '+', '?', '{' ->
                throw text.before("a count with nothing before it; a backslash makes it a character");
            case ']', '}' -> throw text.before("a bracket that closes nothing; a backslash makes it a character");
            default -> one(text.character(next));
        };
    }

    private Expression group() {
        if (++nesting > mostNesting) {
            throw text.before("groups that are nested deeper than " + mostNesting);
        }
        if (text.take('?') && !text.take(':')) {
            throw text.before("look-around, a named group or flags, which are not supported: only (?: ) and ( ) are");
        }
        Expression inside = alternatives();
        if (!text.take(')')) {
            throw text.wrong("a group that isn't closed by )");
        }
        nesting--;
        return inside;
    }
}
