package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;

/** A regular expression's characters, and the parts of it that have no parts: sets, escapes and counts, in the dialect of {@link RegexReader}. */
final class RegexText {
    private static final int MAX_COUNT = 1_000_000;
    private static final String SPECIAL = "^$\\.*+?()[]{}|/-";
    private static final CodePoints DIGITS = CodePoints.range('0', '9');
    private static final CodePoints WORDS =
            DIGITS.or(CodePoints.range('a', 'z')).or(CodePoints.range('A', 'Z')).or(CodePoints.of('_'));
    static final CodePoints LINE_ENDS =
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
    private int at;

    RegexText(String pattern) {
        this.text = pattern.codePoints().toArray();
    }

    boolean isEnd() {
        return at == text.length;
    }

    /** 0 at the end, which no pattern's character needs to be told from. */
    int peek() {
        return isEnd() ? 0 : text[at];
    }

    int next() {
        return text[at++];
    }

    /** Whether a character stands last, or last of its alternative. */
    boolean endsWith(int wanted, boolean alternative) {
        return !isEnd() && text[at] == wanted && (at + 1 == text.length || (alternative && text[at + 1] == '|'));
    }

    boolean take(int wanted) {
        if (at < text.length && text[at] == wanted) {
            at++;
            return true;
        }
        return false;
    }

    CodePoints character(int codePoint) {
        CodePoints one = CodePoints.of(codePoint);
        if (one.isEmpty()) {
            throw before("half a surrogate pair, which no text can have");
        }
        return one;
    }

    /** Up to the bracket that closes it. */
    CodePoints set() {
        boolean others = take('^');
        List<CodePoints> members = new ArrayList<>();
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
            members.add(first);
        }
        CodePoints all = CodePoints.union(members);
        return others ? all.complement() : all;
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

    /** Behind a backslash. */
    CodePoints escape(boolean inSet) {
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

    /** A number up to {@value #MAX_COUNT}. */
    int count() {
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

    /** About the character that was just taken. */
    StructureException before(String what) {
        at--;
        return wrong(what);
    }

    StructureException wrong(String what) {
        return new StructureException("character " + (at + 1), "the pattern has " + what);
    }
}
