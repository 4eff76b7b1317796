package dev.tramontane.jinja;

import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;

/** Reads a format specification from left to right. */
final class FormatSpecParser {
    /** Of the widths and precisions that a format may ask for. */
    static final int WIDEST = 10_000;

    private final Text spec;
    private final String chars;
    private int at;

    private FormatSpecParser(Text spec) {
        this.spec = spec;
        chars = spec.chars();
    }

    /** @param usual the alignment that values of the type have */
    static FormatSpec parse(Text spec, char usual) {
        return new FormatSpecParser(spec).parse(usual);
    }

    private FormatSpec parse(char usual) {
        Text fill = null;
        char align = 0;
        int first = Character.charCount(chars.codePointAt(0));
        if (isAlignment(first)) {
            fill = spec.substring(0, first);
            align = chars.charAt(first);
            at = first + 1;
        } else if (isAlignment(0)) {
            align = chars.charAt(0);
            at = 1;
        }
        char sign = chosen("+- ");
        boolean positiveZero = chosen("z") != 0;
        boolean alternate = chosen("#") != 0;
        if (fill == null && at < chars.length() && chars.charAt(at) == '0') {
            fill = spec.substring(at, at + 1);
            align = align == 0 && usual == '>' ? '=' : align;
            at++;
        }
        int width = Math.max(0, number());
        char group = chosen(",_");
        if (chosen(",_") != 0) {
            throw new TemplateException("a format specification has two separators of thousands");
        }
        int precision = -1;
        if (chosen(".") != 0) {
            precision = number();
            if (precision < 0) {
                throw new TemplateException("a format specification has a point without a precision");
            }
        }
        if (chars.length() - at > 1) {
            throw new TemplateException("a format specification is not one: fill and alignment, sign, width, separator,"
                    + " precision and one letter are what it can have");
        }
        return new FormatSpec(
                fill == null ? Text.trusted(" ") : fill,
                align == 0 ? usual : align,
                sign,
                positiveZero,
                alternate,
                group,
                width,
                precision,
                at < chars.length() ? chars.charAt(at) : 0);
    }

    private boolean isAlignment(int index) {
        return index < chars.length() && "<>=^".indexOf(chars.charAt(index)) >= 0;
    }

    /** The next character where it is one of those, else 0. */
    private char chosen(String of) {
        if (at < chars.length() && of.indexOf(chars.charAt(at)) >= 0) {
            return chars.charAt(at++);
        }
        return 0;
    }

    /** The number that follows, or -1 for none. */
    private int number() {
        int value = -1;
        while (at < chars.length() && chars.charAt(at) >= '0' && chars.charAt(at) <= '9') {
            value = Math.max(0, value) * 10 + chars.charAt(at++) - '0';
            if (value > WIDEST) {
                throw new TemplateException("a format is wider than " + WIDEST);
            }
        }
        return value;
    }
}
