package dev.tramontane.jinja.value;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** What Python does with values of every type: naming, truth, length, iteration, equality, order, membership. */
public final class Types {
    /** Lists inside lists; deeper ones come only from attacks. */
    static final int DEEPEST = 200;

    private Types() {}

    public static String name(Value value) {
        return switch (value) {
            case Text text -> text.isMarkup() ? "Markup" : "str";
            case Value.Bool _ -> "bool";
            case Value.Int _ -> "int";
            case Value.Real _ -> "float";
            case Value.None _ -> "NoneType";
            case Undefined _ -> "Undefined";
            case ListValue list -> list.tuple() ? "tuple" : "list";
            case DictValue _ -> "dict";
            case Value.Range _ -> "range";
            case Value.View view -> view.name();
            case Iteration _ -> "generator";
            case HostObject object -> object.typeName();
        };
    }

    /** The kind of a value as messages tell it: Python's names stay with those who ask a template for them. */
    public static String shown(Value value) {
        return switch (value) {
            case Text _ -> "text";
            case Value.Bool _ -> "true or false";
            case Value.Int _ -> "an integer";
            case Value.Real _ -> "a number";
            case Value.None _ -> "none";
            case Undefined _ -> "an undefined value";
            case ListValue list -> list.tuple() ? "a tuple" : "a list";
            case DictValue _ -> "a mapping";
            case Value.Range _ -> "a range";
            case Value.View _ -> "a view of a mapping";
            case Iteration _ -> "a sequence";
            case HostObject object -> "a " + object.typeName();
        };
    }

    public static boolean truth(Value value) {
        return switch (value) {
            case Text text -> !text.isEmpty();
            case Value.Bool bool -> bool == Value.Bool.TRUE;
            case Value.Int number -> number.value().signum() != 0;
            case Value.Real real -> real.value() != 0;
            case Value.None _, Undefined _ -> false;
            case ListValue list -> !list.items().isEmpty();
            case DictValue dict -> dict.size() > 0;
            case Value.Range range -> range.length() > 0;
            case Value.View view -> !view.items().items().isEmpty();
            case Iteration _, HostObject _ -> true;
        };
    }

    /** {@code len(value)}. */
    public static int length(Value value) {
        return switch (value) {
            case Text text -> text.length();
            case ListValue list -> list.items().size();
            case DictValue dict -> dict.size();
            case Value.Range range -> range.length();
            case Value.View view -> view.items().items().size();
            case Undefined _ -> 0;
            case HostObject object
            when object.attribute("length") instanceof Value.Int size -> (int) size.clamped(0, Integer.MAX_VALUE);
            default -> throw new TemplateException(shown(value) + " has no length");
        };
    }

    public static boolean isIterable(Value value) {
        return switch (value) {
            case Text _, ListValue _, DictValue _, Value.Range _, Value.View _, Iteration _, Undefined _ -> true;
            case HostObject object -> object.attribute("length") != null;
            default -> false;
        };
    }

    /** The elements in order; an iteration is used up. */
    public static List<Value> elements(Value value, Budget budget) {
        List<Value> elements = switch (value) {
            case Text text -> text.codePoints(budget);
            case ListValue list -> list.items();
            case DictValue dict -> dict.keys();
            case Value.Range range -> {
                budget.spend(range.length());
                yield IntStream.range(0, range.length()).mapToObj(range::get).toList();
            }
            case Value.View view -> view.items().items();
            case Iteration iteration -> iteration.take();
            case Undefined _ -> List.of();
            default -> throw new TemplateException(shown(value) + " holds nothing to go through");
        };
        budget.spend(elements.size());
        return elements;
    }

    public static boolean equal(Value a, Value b, Budget budget) {
        return equal(a, b, budget, 0);
    }

    private static boolean equal(Value a, Value b, Budget budget, int depth) {
        budget.spend(1);
        if (depth > DEEPEST) {
            throw new TemplateException("values nested too deeply are compared");
        }
        if (Arithmetic.isNumber(a) && Arithmetic.isNumber(b)) {
            return Arithmetic.compare(a, b) == 0 && !Arithmetic.isNan(a) && !Arithmetic.isNan(b);
        }
        return switch (a) {
            case Text text -> {
                budget.read(text.chars().length());
                yield text.equals(b);
            }
            case Undefined _ -> b instanceof Undefined;
            case ListValue list -> b instanceof ListValue other && equal(list, other, budget, depth);
            case DictValue dict -> b instanceof DictValue other && equal(dict, other, budget, depth);
            case Value.View view -> b instanceof Value.View other && equal(view.items(), other.items(), budget, depth);
            default -> Objects.equals(a, b);
        };
    }

    private static boolean equal(ListValue a, ListValue b, Budget budget, int depth) {
        if (a.tuple() != b.tuple() || a.items().size() != b.items().size()) {
            return false;
        }
        for (int i = 0; i < a.items().size(); i++) {
            if (!equal(a.items().get(i), b.items().get(i), budget, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equal(DictValue a, DictValue b, Budget budget, int depth) {
        if (a.size() != b.size()) {
            return false;
        }
        for (DictValue.Entry entry : a.entries()) {
            Value other = b.get(entry.key());
            if (other == null || !equal(entry.value(), other, budget, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    /** Order as {@code <} has it; unlike types are an error that names the operator. */
    public static int compare(Value a, Value b, String operator, Budget budget) {
        return compare(a, b, operator, budget, 0);
    }

    private static int compare(Value a, Value b, String operator, Budget budget, int depth) {
        budget.spend(1);
        if (depth > DEEPEST) {
            throw new TemplateException("values nested too deeply are compared");
        }
        if (Arithmetic.isNumber(a) && Arithmetic.isNumber(b)) {
            return Arithmetic.compare(a, b);
        }
        if (a instanceof Text left && b instanceof Text right) {
            budget.read(Math.min(left.chars().length(), right.chars().length()));
            return compareCodePoints(left.chars(), right.chars());
        }
        if (a instanceof ListValue left && b instanceof ListValue right && left.tuple() == right.tuple()) {
            int common = Math.min(left.items().size(), right.items().size());
            for (int i = 0; i < common; i++) {
                Value x = left.items().get(i);
                Value y = right.items().get(i);
                if (!equal(x, y, budget, depth + 1)) {
                    return compare(x, y, operator, budget, depth + 1);
                }
            }
            return Integer.compare(left.items().size(), right.items().size());
        }
        for (Value value : List.of(a, b)) {
            if (value instanceof Undefined undefined) {
                throw undefined.used();
            }
        }
        throw new TemplateException("'" + operator + "' does not compare " + shown(a) + " with " + shown(b));
    }

    /** Python orders strings by code points; {@link String#compareTo} by UTF-16 units. */
    private static int compareCodePoints(String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean bothOrNone = Character.isSurrogate(x) == Character.isSurrogate(y);
                return bothOrNone ? Character.compare(x, y) : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** {@code item in container}. */
    public static boolean contains(Value container, Value item, Budget budget) {
        return switch (container) {
            case Text text -> {
                if (!(item instanceof Text part)) {
                    throw new TemplateException(shown(item) + " cannot be looked for in text");
                }
                yield Search.first(text.chars(), part.chars(), 0, budget) >= 0;
            }
            case DictValue dict -> dict.get(item) != null;
            case ListValue _, Value.Range _, Value.View _, Iteration _, Undefined _ -> {
                for (Value element : elements(container, budget)) {
                    if (equal(element, item, budget)) {
                        yield true;
                    }
                }
                yield false;
            }
            default -> throw new TemplateException("nothing can be looked for in " + shown(container));
        };
    }
}
