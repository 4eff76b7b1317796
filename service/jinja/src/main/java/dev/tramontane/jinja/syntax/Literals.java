package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.value.Arithmetic;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Value;
import java.math.BigInteger;

/** Reads one string or number as Python spells them. */
final class Literals {
    private final String source;
    private final int line;
    private Value value = Value.None.NONE;
    private int end;

    Literals(String source, int line) {
        this.source = source;
        this.line = line;
    }

    Value value() {
        return value;
    }

    /** The index after the literal. */
    int end() {
        return end;
    }

    void string(int at) {
        char quote = source.charAt(at);
        StringBuilder text = new StringBuilder();
        int i = at + 1;
        while (i < source.length() && source.charAt(i) != quote) {
            if (source.charAt(i) == '\\' && i + 1 < source.length()) {
                i = escape(i + 1, text);
            } else {
                text.append(source.charAt(i++));
            }
        }
        if (i >= source.length()) {
            throw new TemplateException("a string is not closed", line);
        }
        value = Text.trusted(text.toString());
        end = i + 1;
    }

    /** Reads the escape whose character after the backslash is at {@code i}; the index after it. */
    private int escape(int i, StringBuilder text) {
        char c = source.charAt(i);
        switch (c) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case 'a' -> text.append('\u0007');
            case 'v' -> text.append('\u000B');
            case '\\', '\'', '"' -> text.append(c);
            case '\n' -> {}
            case 'x' -> {
                return hexadecimal(i + 1, 2, text);
            }
            case 'u' -> {
                return hexadecimal(i + 1, 4, text);
            }
            case 'U' -> {
                return hexadecimal(i + 1, 8, text);
            }
            case 'N' -> throw new TemplateException("the escape \\N{...} is not supported", line);
            default -> {
                if (c >= '0' && c <= '7') {
                    return octal(i, text);
                }
                text.append('\\').append(c);
            }
        }
        return i + 1;
    }

    private int hexadecimal(int from, int digits, StringBuilder text) {
        long codePoint = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = i < source.length() ? Character.digit(source.charAt(i), 16) : -1;
            if (digit < 0) {
                throw new TemplateException("an escape needs " + digits + " hexadecimal digits", line);
            }
            codePoint = codePoint * 16 + digit;
        }
        if (codePoint > Character.MAX_CODE_POINT) {
            throw new TemplateException("an escape is past U+10FFFF", line);
        }
        text.appendCodePoint((int) codePoint);
        return from + digits;
    }

    private int octal(int from, StringBuilder text) {
        int codePoint = 0;
        int i = from;
        while (i < from + 3 && i < source.length() && source.charAt(i) >= '0' && source.charAt(i) <= '7') {
            codePoint = codePoint * 8 + source.charAt(i++) - '0';
        }
        text.appendCodePoint(codePoint);
        return i;
    }

    /** @param afterDot whether it follows a dot, as in {@code list.0}: then it is no float */
    void number(int at, boolean afterDot) {
        String prefix = source.substring(at, Math.min(at + 2, source.length()));
        int radix = switch (prefix) {
            case "0x", "0X" -> 16;
            case "0o", "0O" -> 8;
            case "0b", "0B" -> 2;
            default -> 10;
        };
        if (radix != 10) {
            end = digits(at + 2, radix);
            whole(source.substring(at + 2, end), radix);
            return;
        }
        int whole = digits(at, 10);
        end = whole;
        if (!afterDot) {
            if (isAt(end, '.') && digits(end + 1, 10) > end + 1) {
                end = digits(end + 1, 10);
            }
            if (isAt(end, 'e') || isAt(end, 'E')) {
                int sign = isAt(end + 1, '+') || isAt(end + 1, '-') ? end + 2 : end + 1;
                end = digits(sign, 10) > sign ? digits(sign, 10) : end;
            }
        }
        String text = source.substring(at, end);
        if (end == whole) {
            whole(text, 10);
        } else {
            value = new Value.Real(Double.parseDouble(text.replace("_", "")));
        }
    }

    private boolean isAt(int index, char c) {
        return index < source.length() && source.charAt(index) == c;
    }

    /** The end of the digits, with single underscores between them. */
    private int digits(int from, int radix) {
        int i = from;
        while (i < source.length()
                && (isDigit(i, radix) || (source.charAt(i) == '_' && i > from && isDigit(i + 1, radix)))) {
            i++;
        }
        return i;
    }

    private boolean isDigit(int index, int radix) {
        return index < source.length()
                && source.charAt(index) < 0x80
                && Character.digit(source.charAt(index), radix) >= 0;
    }

    private void whole(String digits, int radix) {
        String plain = digits.replace("_", "");
        if (plain.isEmpty() || plain.length() > Arithmetic.DIGITS) {
            throw new TemplateException(
                    "a number has " + plain.length() + " digits; between 1 and " + Arithmetic.DIGITS + " are read",
                    line);
        }
        value = new Value.Int(new BigInteger(plain, radix));
    }
}
