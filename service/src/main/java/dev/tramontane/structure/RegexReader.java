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
    private static final int MAX_COUNT = 1_000_000;
    private static final String SPECIAL = "^$\\.*+?()[]{}|/-";
    private static final CodePoints DIGITS = CodePoints.range('0', '9');
    private static final CodePoints WORDS =
            DIGITS.or(CodePoints.range('a', 'z')).or(CodePoints.range('A', 'Z')).or(CodePoints.of('_'));
    private static final CodePoints LINE_ENDS =
            CodePoints.of('\n').or(CodePoints.of('\r')).or(CodePoints.range(0x2028, 0x2029));
    private static final CodePoints SPACES = CodePoints.range(9, 13)
            .or(CodePoints.of(' '))
            .or(CodePoints.of(0xa0))
            .or(CodePoints.of(0x1680))
            .or(CodePoints.range(0x2000, 0x200a))
            .or(LINE_ENDS)
            .or(CodePoints.of(0x202f))
            .or(CodePoints.of(0x205f))
            .or(CodePoints.of(0x3000))
            .or(CodePoints.of(0xfeff));

    private final int[] text;
    private final int mostNesting;
    private final Spelling spelling;
    private final boolean search;
    private int at;
    private int nesting;

    private RegexReader(String pattern, StructureLimits limits, Spelling spelling, boolean search) {
        this.text = pattern.codePoints().toArray();
        this.mostNesting = limits.nesting();
        this.spelling = spelling;
        this.search = search;
    }

    /** What a pattern matches from beginning to end. */
    static Expression read(String pattern, StructureLimits limits) {
        RegexReader reader = new RegexReader(pattern, limits, Spelling.RAW, false);
        reader.take('^');
        return reader.whole();
    }

    /** What a pattern is found in, as JSON schemas mean it: each alternative may be anchored by {@code ^} and {@code $}. */
    static Expression search(String pattern, StructureLimits limits, Spelling spelling) {
        return new RegexReader(pattern, limits, spelling, true).whole();
    }

    private Expression whole() {
        Expression whole = alternatives();
        if (at < text.length) {
            throw wrong("a ) that closes nothing");
        }
        return whole;
    }

    private Expression alternatives() {
        List<Expression> ways = new ArrayList<>();
        do {
            ways.add(terms());
        } while (take('|'));
        return ways.size() == 1 ? ways.getFirst() : new Expression.Choice(ways);
    }

    private Expression terms() {
        List<Expression> parts = new ArrayList<>();
        boolean outermost = search && nesting == 0;
        if (outermost && !take('^')) {
            parts.add(anything());
        }
        boolean ended = false;
        while (at < text.length && text[at] != '|' && text[at] != ')') {
            if (text[at] == '$' && isEnd(at + 1) && nesting == 0) {
                at++;
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

    private boolean isEnd(int place) {
        return place == text.length || (search && text[place] == '|');
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
        if (take('+')) {
            least = 1;
        } else if (take('?')) {
            most = 1;
        } else if (take('{')) {
            least = count();
            most = least;
            if (take(',')) {
                most = at < text.length && text[at] == '}' ? Expression.UNBOUNDED : count();
            }
            if (!take('}')) {
                throw wrong("a count that isn't closed by }");
            }
            if (most < least) {
                throw wrong("a count from " + least + " to " + most);
            }
        } else if (!take('*')) {
            return body;
        }
        take('?');
        if (at < text.length && "*+?{".indexOf(text[at]) >= 0) {
            throw wrong("two counts for one part; put the first into a group");
        }
        return new Expression.Repeat(body, least, most);
    }

    private Expression atom() {
        int next = text[at++];
        return switch (next) {
            case '(' -> group();
            case '[' -> one(set());
            case '.' -> one(LINE_ENDS.complement());
            case '\\' -> one(escape(false));
            case '^', '$' -> throw before("an anchor (^ or $) other than around the whole, which is not supported");
            case '*', '+', '?', '{' -> throw before("a count with nothing before it; a backslash makes it a character");
            case ']', '}' -> throw before("a bracket that closes nothing; a backslash makes it a character");
            default -> one(character(next));
        };
    }

    private CodePoints character(int codePoint) {
        CodePoints one = CodePoints.of(codePoint);
        if (one.isEmpty()) {
            throw before("half a surrogate pair, which no text can have");
        }
        return one;
    }

    private Expression group() {
        if (++nesting > mostNesting) {
            throw before("groups that are nested deeper than " + mostNesting);
        }
        if (take('?') && !take(':')) {
            throw before("look-around, a named group or flags, which are not supported: only (?: ) and ( ) are");
        }
        Expression inside = alternatives();
        if (!take(')')) {
            throw wrong("a group that isn't closed by )");
        }
        nesting--;
        return inside;
    }

    private CodePoints set() {
        boolean others = take('^');
        CodePoints members = CodePoints.NONE;
        while (!take(']')) {
            CodePoints first = member();
            if (at + 1 < text.length && text[at] == '-' && text[at + 1] != ']') {
                at++;
                CodePoints last = member();
                if (!first.isSingle() || !last.isSingle() || last.first(0) < first.first(0)) {
                    throw wrong("a range in a set that doesn't go from one character up to another");
                }
                first = CodePoints.range(first.first(0), last.first(0));
            }
            members = members.or(first);
        }
        return others ? members.complement() : members;
    }

    private CodePoints member() {
        if (at == text.length) {
            throw wrong("a set that isn't closed by ]");
        }
        int next = text[at++];
        if (next == '[') {
            throw before("a [ in a set; a backslash makes it a character");
        }
        return next == '\\' ? escape(true) : character(next);
    }

    private CodePoints escape(boolean inSet) {
        if (at == text.length) {
            throw wrong("a backslash at the end");
        }
        int name = text[at++];
        return switch (name) {
            case 'd' -> DIGITS;
            case 'D' -> DIGITS.complement();
            case 'w' -> WORDS;
            case 'W' -> WORDS.complement();
            case 's' -> SPACES;
            case 'S' -> SPACES.complement();
            case 't' -> CodePoints.of('\t');
            case 'n' -> CodePoints.of('\n');
            case 'r' -> CodePoints.of('\r');
            case 'f' -> CodePoints.of('\f');
            case 'v' -> CodePoints.of(0x0b);
            case 'x' -> character(hexadecimal(2));
            case 'u' -> unicode();
            case 'b' -> {
                if (!inSet) {
                    throw before("a word boundary (\\b), which is not supported");
                }
                yield CodePoints.of('\b');
            }
            case '0' -> {
                if (at < text.length && text[at] >= '0' && text[at] <= '9') {
                    throw before("an octal escape; write \\xHH");
                }
                yield CodePoints.of(0);
            }
            default -> {
                if (SPECIAL.indexOf(name) < 0 && (name >= 0x80 || Character.isLetterOrDigit(name))) {
                    throw before("\\" + Character.toString(name) + ", which is not supported");
                }
                yield CodePoints.of(name);
            }
        };
    }

    private CodePoints unicode() {
        if (take('{')) {
            int start = at;
            while (at < text.length && text[at] != '}') {
                at++;
            }
            int value = at - start < 1 || at - start > 6 ? -1 : digits(start, at);
            if (value < 0 || value > 0x10ffff || !take('}')) {
                throw wrong("an escape \\u{ } that is no code point");
            }
            return character(value);
        }
        int first = hexadecimal(4);
        if (first >>> 10 == 0xd800 >>> 10 && at + 1 < text.length && text[at] == '\\' && text[at + 1] == 'u') {
            at += 2;
            int second = hexadecimal(4);
            if (second >>> 10 == 0xdc00 >>> 10) {
                return CodePoints.of(Character.toCodePoint((char) first, (char) second));
            }
        }
        return character(first);
    }

    private int hexadecimal(int count) {
        int value = at + count > text.length ? -1 : digits(at, at + count);
        if (value < 0) {
            throw wrong("an escape that wants " + count + " hexadecimal digits");
        }
        at += count;
        return value;
    }

    private int digits(int from, int to) {
        int value = 0;
        for (int each = from; each < to; each++) {
            int digit = text[each] < 0x80 ? Character.digit(text[each], 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = 16 * value + digit;
        }
        return value;
    }

    private int count() {
        int start = at;
        long value = 0;
        while (at < text.length && text[at] >= '0' && text[at] <= '9') {
            value = Math.min(10 * value + text[at++] - '0', MAX_COUNT + 1L);
        }
        if (at == start || value > MAX_COUNT) {
            throw wrong("a count that is no number up to " + MAX_COUNT);
        }
        return (int) value;
    }

    private boolean take(int wanted) {
        if (at < text.length && text[at] == wanted) {
            at++;
            return true;
        }
        return false;
    }

    /** About the character that was just taken. */
    private StructureException before(String what) {
        at--;
        return wrong(what);
    }

    private StructureException wrong(String what) {
        return new StructureException("character " + (at + 1), "the pattern has " + what);
    }
}
