package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.syntax.Token.Kind;
import dev.tramontane.jinja.value.PythonChars;
import dev.tramontane.jinja.value.TemplateException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a source into tokens as {@code jinja2/lexer.py} (3.1) does with trim_blocks and lstrip_blocks: a block tag takes
 * the newline after it and the blanks before it on its line; {@code -} takes all white space on its side, {@code +}
 * keeps it. One newline at the end of the template is dropped.
 */
final class Lexer {
    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    /** Whether what was read last ended with a newline; at first, too. */
    private boolean atLineStart = true;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String source) {
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        Lexer lexer = new Lexer(lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (at < source.length()) {
            int tag = nextTag(at);
            if (tag < 0) {
                addData(source.substring(at));
                at = source.length();
                break;
            }
            char kind = source.charAt(tag + 1);
            char sign = signAt(tag + 2);
            int data = at;
            at = tag + (sign == ' ' ? 2 : 3);
            if (kind == '%' && isRaw()) {
                addData(stripped(source.substring(data, tag), sign, true));
                raw();
                continue;
            }
            addData(stripped(source.substring(data, tag), sign, kind != '{'));
            switch (kind) {
                case '#' -> comment();
                case '%' -> tag(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
                default -> tag(Kind.OUTPUT_BEGIN, Kind.OUTPUT_END, "}}");
            }
        }
        tokens.add(new Token(Kind.END, "", line));
    }

    /** The next begin of a tag. */
    private int nextTag(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    private char signAt(int index) {
        char c = index < source.length() ? source.charAt(index) : ' ';
        return c == '-' || c == '+' ? c : ' ';
    }

    /** The text before a tag; line counting sees all of it. */
    private String stripped(String text, char sign, boolean block) {
        countLines(text);
        boolean startsLine = atLineStart;
        atLineStart = false;
        if (sign == '-') {
            int end = text.length();
            while (end > 0 && PythonChars.isSpace(text.charAt(end - 1))) {
                end--;
            }
            return text.substring(0, end);
        }
        int lineBegin = text.lastIndexOf('\n') + 1;
        if (sign == ' ' && block && (lineBegin > 0 || startsLine) && isBlank(text, lineBegin)) {
            return text.substring(0, lineBegin);
        }
        return text;
    }

    private static boolean isBlank(String text, int from) {
        return text.chars().skip(from).allMatch(PythonChars::isSpace);
    }

    private void countLines(String text) {
        for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
            line++;
        }
    }

    private void addData(String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Kind.DATA, text, line));
        }
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw new TemplateException("a comment is not closed", line);
        }
        countLines(source.substring(at, end));
        char sign = end > at ? source.charAt(end - 1) : ' ';
        at = end + 2;
        endTag(sign == '-' || sign == '+' ? sign : ' ', true);
    }

    /** Takes what a tag's end takes of the text after it. */
    private void endTag(char sign, boolean block) {
        int from = at;
        if (sign == '-') {
            while (at < source.length() && PythonChars.isSpace(source.charAt(at))) {
                at++;
            }
        } else if (block && sign != '+' && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
        countLines(source.substring(from, at));
        atLineStart = source.charAt(at - 1) == '\n';
    }

    private boolean isRaw() {
        int i = skipSpace(at);
        if (!source.startsWith("raw", i)) {
            return false;
        }
        i = skipSpace(i + 3);
        return source.startsWith("%}", i) || source.startsWith("-%}", i);
    }

    private int skipSpace(int from) {
        int i = from;
        while (i < source.length() && PythonChars.isSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    /** From behind the sign of a raw tag to behind its endraw. */
    private void raw() {
        int begin = source.indexOf("%}", at);
        char sign = source.charAt(begin - 1) == '-' ? '-' : '+';
        countLines(source.substring(at, begin));
        at = begin + 2;
        endTag(sign, false);
        for (int tag = source.indexOf("{%", at); tag >= 0; tag = source.indexOf("{%", tag + 1)) {
            char endSign = signAt(tag + 2);
            int i = skipSpace(tag + (endSign == ' ' ? 2 : 3));
            if (!source.startsWith("endraw", i)) {
                continue;
            }
            i = skipSpace(i + "endraw".length());
            char lastSign = signAt(i);
            if (source.startsWith("%}", lastSign == ' ' ? i : i + 1)) {
                addData(stripped(source.substring(at, tag), endSign, true));
                countLines(source.substring(tag, i));
                at = i + (lastSign == ' ' ? 2 : 3);
                endTag(lastSign, true);
                return;
            }
        }
        throw new TemplateException("a raw block is not closed", line);
    }

    /** The inside of a tag. */
    private void tag(Kind begin, Kind end, String closing) {
        tokens.add(new Token(begin, "", line));
        Deque<Character> open = new ArrayDeque<>();
        boolean block = end == Kind.BLOCK_END;
        while (at < source.length()) {
            char c = source.charAt(at);
            if (open.isEmpty()) {
                char sign = c == '-' || (block && c == '+') ? c : ' ';
                if (source.startsWith(closing, sign == ' ' ? at : at + 1)) {
                    tokens.add(new Token(end, "", line));
                    at += sign == ' ' ? 2 : 3;
                    endTag(sign, block);
                    return;
                }
            }
            if (PythonChars.isSpace(c)) {
                line += c == '\n' ? 1 : 0;
                at++;
            } else {
                word(c, open);
            }
        }
        throw new TemplateException("a tag is not closed", line);
    }

    private void word(char c, Deque<Character> open) {
        Literals literals = new Literals(source, line);
        if (c == '\'' || c == '"') {
            literals.string(at);
        } else if (c >= '0' && c <= '9') {
            literals.number(at, at > 0 && source.charAt(at - 1) == '.');
        } else if (Character.isUnicodeIdentifierStart(source.codePointAt(at)) || c == '_') {
            int end = at;
            while (end < source.length()
                    && (Character.isUnicodeIdentifierPart(source.codePointAt(end)) && source.charAt(end) > ' ')) {
                end += Character.charCount(source.codePointAt(end));
            }
            tokens.add(new Token(Kind.NAME, source.substring(at, end), line));
            at = end;
            return;
        } else {
            operator(c, open);
            return;
        }
        tokens.add(new Token(Kind.LITERAL, "", literals.value(), line));
        countLines(source.substring(at, literals.end()));
        at = literals.end();
    }

    private void operator(char c, Deque<Character> open) {
        String two = source.substring(at, Math.min(at + 2, source.length()));
        String text = switch (two) {
            case "//", "**", "==", "!=", ">=", "<=" -> two;
            default -> String.valueOf(c);
        };
        if (text.length() == 1 && "+-/*%~[](){}><=.:|,;".indexOf(c) < 0) {
            String shown = c > ' ' && c < 0x7F ? "'" + c + "'" : String.format("U+%04X", (int) c);
            throw new TemplateException("the character " + shown + " is not expected", line);
        }
        if ("([{".indexOf(c) >= 0) {
            open.push(c == '(' ? ')' : c == '[' ? ']' : '}');
        } else if (")]}".indexOf(c) >= 0 && (open.isEmpty() || open.pop() != c)) {
            throw new TemplateException("'" + c + "' closes nothing", line);
        }
        tokens.add(new Token(Kind.OPERATOR, text, line));
        at += text.length();
    }
}
