package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;

/** A grammar's characters, and the parts of it that have no parts. */
final class GrammarText {
    private final int[] text;
    private int at;
    private int line = 1;

    GrammarText(String grammar) {
        this.text = grammar.codePoints().toArray();
    }

    int line() {
        return line;
    }

    boolean isEnd() {
        return at == text.length;
    }

    boolean endsLine() {
        return !isEnd() && (text[at] == '\n' || text[at] == '\r');
    }

    /** 0 at the end. */
    int peek() {
        return isEnd() ? 0 : text[at];
    }

    /** Space and comments, and ends of lines where these don't count. */
    void skip(boolean lines) {
        while (!isEnd()) {
            if (text[at] == '#') {
                while (!isEnd() && !endsLine()) {
                    at++;
                }
            } else if (text[at] == ' ' || text[at] == '\t' || (lines && endsLine())) {
                line += text[at] == '\n' ? 1 : 0;
                at++;
            } else {
                return;
            }
        }
    }

    boolean take(String wanted) {
        for (int each = 0; each < wanted.length(); each++) {
            if (at + each >= text.length || text[at + each] != wanted.charAt(each)) {
                return false;
            }
        }
        at += wanted.length();
        return true;
    }

    /** A bar here, or at the beginning of the next line that has something. */
    boolean takeBar() {
        int here = at;
        int thisLine = line;
        skip(true);
        if (take("|")) {
            return true;
        }
        at = here;
        line = thisLine;
        return false;
    }

    /** Empty where there is none. */
    String name() {
        int start = at;
        while (!isEnd() && isNamePart(text[at])) {
            at++;
        }
        return new String(text, start, at - start);
    }

    private static boolean isNamePart(int codePoint) {
        return codePoint == '-' || codePoint == '_' || (codePoint < 0x80 && Character.isLetterOrDigit(codePoint));
    }

    /** Whether a rule begins here. */
    boolean isRule() {
        int here = at;
        boolean named = !name().isEmpty();
        skip(false);
        boolean rule = named && take("::=");
        at = here;
        return rule;
    }

    /** Whether what follows a name (or none) is how Lark writes rules and directives. */
    boolean looksLikeLark(String name) {
        return peek() == (name.isEmpty() ? '%' : ':') || peek() == '?' || peek() == '!';
    }

    /** Up to the quote that closes it. */
    String literal() {
        StringBuilder literal = new StringBuilder();
        while (!take("\"")) {
            if (isEnd() || endsLine()) {
                throw wrong("a text that isn't closed by \"");
            }
            literal.appendCodePoint(character());
        }
        return literal.toString();
    }

    /** Up to the bracket that closes it. */
    CodePoints set() {
        boolean others = take("^");
        List<CodePoints> members = new ArrayList<>();
        while (!take("]")) {
            if (isEnd() || endsLine()) {
                throw wrong("a set that isn't closed by ]");
            }
            int first = character();
            int last = first;
            if (peek() == '-' && at + 1 < text.length && text[at + 1] != ']') {
                at++;
                last = isEnd() ? first : character();
            }
            if (last < first) {
                throw wrong("a range in a set that doesn't go from one character up to another");
            }
            members.add(CodePoints.range(first, last));
        }
        CodePoints all = CodePoints.union(members);
        return others ? all.complement() : all;
    }

    private int character() {
        int next = text[at++];
        if (next == '\\') {
            next = escape();
        }
        if (next > Character.MAX_CODE_POINT || (next >= Character.MIN_SURROGATE && next <= Character.MAX_SURROGATE)) {
            throw wrong("an escape that is no character");
        }
        return next;
    }

    private int escape() {
        int name = isEnd() ? 0 : text[at++];
        return switch (name) {
            case 'x' -> hexadecimal(2);
            case 'u' -> hexadecimal(4);
            case 'U' -> hexadecimal(8);
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'n' -> '\n';
            case '\\', '"', '[', ']', '-', '^', '/', '\'' -> name;
            default -> throw wrong("an escape other than \\x \\u \\U \\t \\r \\n \\\\ \\\" \\[ \\] \\- \\^");
        };
    }

    private int hexadecimal(int count) {
        long value = 0;
        for (int each = 0; each < count; each++) {
            int digit = isEnd() || text[at] >= 0x80 ? -1 : Character.digit(text[at], 16);
            if (digit < 0) {
                throw wrong("an escape that wants " + count + " hexadecimal digits");
            }
            value = 16 * value + digit;
            at++;
        }
        return (int) Math.min(value, Character.MAX_CODE_POINT + 1);
    }

    int number(int most) {
        int start = at;
        long value = 0;
        while (!isEnd() && text[at] >= '0' && text[at] <= '9') {
            value = Math.min(10 * value + text[at++] - '0', most + 1L);
        }
        if (at == start || value > most) {
            throw wrong("a count that is no number up to " + most);
        }
        return (int) value;
    }

    StructureException wrong(String what) {
        return new StructureException("line " + line, "the grammar has " + what);
    }
}
