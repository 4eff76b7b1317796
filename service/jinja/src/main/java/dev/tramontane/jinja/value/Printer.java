package dev.tramontane.jinja.value;

import java.math.BigDecimal;
import java.math.MathContext;

/** {@code str()} and {@code repr()} as CPython writes them. */
public final class Printer {
    private final TextBuilder out;
    private final Budget budget;

    private Printer(TextBuilder out, Budget budget) {
        this.out = out;
        this.budget = budget;
    }

    /** {@code str(value)}. */
    public static Text text(Value value, Budget budget) {
        if (value instanceof Text text) {
            return text;
        }
        TextBuilder out = new TextBuilder(budget);
        print(value, out, budget);
        return out.toText();
    }

    /** Appends {@code str(value)}. */
    public static void print(Value value, TextBuilder out, Budget budget) {
        if (value instanceof Text text) {
            out.append(text);
        } else if (!(value instanceof Undefined)) {
            new Printer(out, budget).repr(value, 0);
        }
    }

    /** {@code repr(value)}. */
    public static Text repr(Value value, Budget budget) {
        TextBuilder out = new TextBuilder(budget);
        new Printer(out, budget).repr(value, 0);
        return out.toText();
    }

    private void repr(Value value, int depth) {
        budget.spend(1);
        if (depth > Types.DEEPEST) {
            throw new TemplateException("a value nested too deeply is printed");
        }
        switch (value) {
            case Text text -> quoted(text);
            case Value.Bool bool -> trusted(bool == Value.Bool.TRUE ? "True" : "False");
            case Value.Int number -> trusted(number.value().toString());
            case Value.Real real -> trusted(real(real.value()));
            case Value.None _ -> trusted("None");
            case Undefined _ -> trusted("Undefined");
            case ListValue list -> list(list, depth);
            case DictValue dict -> dict(dict, depth);
            case Value.Range range -> {
                long stop = range.start() + range.step() * range.length();
                trusted("range(" + range.start() + ", " + stop + (range.step() == 1 ? ")" : ", " + range.step() + ")"));
            }
            case Value.View view -> {
                trusted(view.name() + "(");
                list(view.items(), depth);
                trusted(")");
            }
            case Iteration _ -> trusted("<generator object>");
            case HostObject object -> trusted("<" + object.typeName() + ">");
        }
    }

    private void list(ListValue list, int depth) {
        trusted(list.tuple() ? "(" : "[");
        for (int i = 0; i < list.items().size(); i++) {
            trusted(i > 0 ? ", " : "");
            repr(list.items().get(i), depth + 1);
        }
        trusted(!list.tuple() ? "]" : list.items().size() == 1 ? ",)" : ")");
    }

    private void dict(DictValue dict, int depth) {
        trusted("{");
        boolean first = true;
        for (DictValue.Entry entry : dict.entries()) {
            trusted(first ? "" : ", ");
            first = false;
            repr(entry.key(), depth + 1);
            trusted(": ");
            repr(entry.value(), depth + 1);
        }
        trusted("}");
    }

    private void trusted(String text) {
        out.append(text, true);
    }

    private void quoted(Text text) {
        String chars = text.chars();
        char quote = chars.indexOf('\'') >= 0 && chars.indexOf('"') < 0 ? '"' : '\'';
        trusted(String.valueOf(quote));
        for (int i = 0; i < chars.length(); ) {
            int codePoint = chars.codePointAt(i);
            out.append(escaped(codePoint, quote), text.isTrusted(i));
            i += Character.charCount(codePoint);
        }
        trusted(String.valueOf(quote));
    }

    private static String escaped(int codePoint, char quote) {
        return switch (codePoint) {
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> {
                if (codePoint == quote) {
                    yield "\\" + quote;
                }
                if (isPrintable(codePoint)) {
                    yield Character.toString(codePoint);
                }
                yield escapedNumber(codePoint);
            }
        };
    }

    /** A character by its number, as a literal writes it. */
    public static String escapedNumber(int codePoint) {
        return codePoint < 0x100
                ? String.format("\\x%02x", codePoint)
                : String.format(codePoint < 0x10000 ? "\\u%04x" : "\\U%08x", codePoint);
    }

    /** {@code str.isprintable} of one character. */
    private static boolean isPrintable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> codePoint == ' ';
            default -> true;
        };
    }

    /** {@code repr(float)}: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on. */
    public static String real(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        // Java writes two digits where one would do, as in 4.9E-324.
        BigDecimal digit = shortest.round(new MathContext(1));
        if (digit.doubleValue() == value) {
            shortest = digit;
        }
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = shortest.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = shortest.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        String sign = exponent < 0 ? "-" : "+";
        int size = Math.abs(exponent);
        return (value < 0 ? "-" : "") + mantissa + "e" + sign + (size < 10 ? "0" : "") + size;
    }
}
