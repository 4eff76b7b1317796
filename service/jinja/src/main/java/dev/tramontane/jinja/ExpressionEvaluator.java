package dev.tramontane.jinja;

import dev.tramontane.jinja.syntax.Expression;
import dev.tramontane.jinja.syntax.Expression.CallArguments;
import dev.tramontane.jinja.syntax.Expression.NamedArgument;
import dev.tramontane.jinja.syntax.Expression.Operator;
import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Arithmetic;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.HostObject;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.Slices;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Computes expressions. One rendering, one thread. */
final class ExpressionEvaluator {
    private final Rendering rendering;

    ExpressionEvaluator(Rendering rendering) {
        this.rendering = rendering;
    }

    Value value(Expression expression, Scope scope) {
        rendering.budget().spend(1);
        try {
            rendering.budget().enter();
            Value value = compute(expression, scope);
            rendering.budget().leave();
            return value;
        } catch (TemplateException e) {
            throw e.at(expression.line());
        }
    }

    private Value compute(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Constant constant -> constant.value();
            case Expression.Name name -> {
                Value value = scope.find(name.name());
                yield value != null ? value : Undefined.name(name.name());
            }
            case Expression.ListLiteral list -> new ListValue(values(list.items(), scope), list.tuple());
            case Expression.DictLiteral dict -> dictionary(dict, scope);
            case Expression.Attribute attribute ->
                Access.attribute(value(attribute.of(), scope), attribute.name(), rendering);
            case Expression.Item item -> Access.item(value(item.of(), scope), value(item.key(), scope), rendering);
            case Expression.Slice slice -> slice(slice, scope);
            case Expression.Call call -> call(value(call.callee(), scope), arguments(call.arguments(), scope));
            case Expression.Filter filter -> apply(filter, value(Objects.requireNonNull(filter.input()), scope), scope);
            case Expression.Test test -> {
                Value input = value(test.input(), scope);
                boolean holds = Tests.named(test.name()).holds(input, arguments(test.arguments(), scope), rendering);
                yield Value.Bool.of(holds != test.negated());
            }
            case Expression.Unary unary -> unary(unary.operator(), value(unary.operand(), scope));
            case Expression.Binary binary -> binary(binary, scope);
            case Expression.Concatenation concatenation -> {
                TextBuilder text = new TextBuilder(rendering.budget());
                for (Expression part : concatenation.parts()) {
                    Printer.print(value(part, scope), text, rendering.budget());
                }
                yield text.toText();
            }
            case Expression.Comparison comparison -> comparison(comparison, scope);
            case Expression.Conditional conditional -> {
                if (Types.truth(value(conditional.condition(), scope))) {
                    yield value(conditional.then(), scope);
                }
                Expression otherwise = conditional.otherwise();
                yield otherwise != null
                        ? value(otherwise, scope)
                        : new Undefined("the inline if-expression on line " + conditional.line()
                                + " evaluated to false and no else section was defined.");
            }
        };
    }

    private List<Value> values(List<Expression> expressions, Scope scope) {
        List<Value> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(value(expression, scope));
        }
        return values;
    }

    private Value dictionary(Expression.DictLiteral literal, Scope scope) {
        DictValue dict = new DictValue();
        List<Expression> parts = literal.keysAndValues();
        for (int i = 0; i < parts.size(); i += 2) {
            dict.put(value(parts.get(i), scope), value(parts.get(i + 1), scope));
        }
        return dict;
    }

    private Value slice(Expression.Slice slice, Scope scope) {
        Value of = value(slice.of(), scope);
        Value result = Slices.of(
                of,
                optional(slice.start(), scope),
                optional(slice.stop(), scope),
                optional(slice.step(), scope),
                rendering.budget());
        return result != null ? result : Undefined.element(of, "slice");
    }

    private @Nullable Value optional(@Nullable Expression expression, Scope scope) {
        return expression == null ? null : value(expression, scope);
    }

    Arguments arguments(CallArguments arguments, Scope scope) {
        if (arguments.positional().isEmpty() && arguments.named().isEmpty()) {
            return Arguments.NONE;
        }
        Map<String, Value> named = new LinkedHashMap<>();
        List<Value> positional = values(arguments.positional(), scope);
        for (NamedArgument argument : arguments.named()) {
            if (named.put(argument.name(), value(argument.value(), scope)) != null) {
                throw new TemplateException("the argument '" + argument.name() + "' is given twice");
            }
        }
        return new Arguments(positional, named);
    }

    Value call(Value callee, Arguments arguments) {
        return switch (callee) {
            case HostObject object -> object.call(arguments);
            case Undefined undefined -> throw undefined.used();
            default -> throw new TemplateException(Types.shown(callee) + " cannot be called");
        };
    }

    /** Applies a chain of filters whose innermost has no input of its own. */
    Value filtered(Expression filters, Value content, Scope scope) {
        if (!(filters instanceof Expression.Filter filter)) {
            return content;
        }
        Expression inner = filter.input();
        return apply(filter, inner == null ? content : filtered(inner, content, scope), scope);
    }

    private Value apply(Expression.Filter filter, Value input, Scope scope) {
        return Filters.named(filter.name()).apply(input, arguments(filter.arguments(), scope), rendering);
    }

    private static Value unary(Operator operator, Value operand) {
        return switch (operator) {
            case NOT -> Value.Bool.of(!Types.truth(operand));
            case SUBTRACT -> Arithmetic.negative(operand);
            default -> Arithmetic.positive(operand);
        };
    }

    private Value binary(Expression.Binary binary, Scope scope) {
        Value left = value(binary.left(), scope);
        switch (binary.operator()) {
            case AND -> {
                return Types.truth(left) ? value(binary.right(), scope) : left;
            }
            case OR -> {
                return Types.truth(left) ? left : value(binary.right(), scope);
            }
            default -> {}
        }
        Value right = value(binary.right(), scope);
        return switch (binary.operator()) {
            case ADD -> Arithmetic.add(left, right, rendering.budget());
            case SUBTRACT -> Arithmetic.subtract(left, right);
            case MULTIPLY -> Arithmetic.multiply(left, right, rendering.budget());
            case DIVIDE -> Arithmetic.divide(left, right);
            case FLOOR_DIVIDE -> Arithmetic.floorDivide(left, right);
            case MODULO ->
                left instanceof Text format
                        ? PercentFormat.format(format, right, rendering.budget())
                        : Arithmetic.modulo(left, right);
            case POWER -> Arithmetic.power(left, right);
            default -> throw new IllegalStateException("not a binary operator: " + binary.operator());
        };
    }

    /** {@code a < b < c} computes b once, and c only when a < b. */
    private Value comparison(Expression.Comparison comparison, Scope scope) {
        Value left = value(comparison.first(), scope);
        for (int i = 0; i < comparison.operators().size(); i++) {
            Value right = value(comparison.operands().get(i), scope);
            if (!holds(comparison.operators().get(i), left, right)) {
                return Value.Bool.FALSE;
            }
            left = right;
        }
        return Value.Bool.TRUE;
    }

    private boolean holds(Operator operator, Value left, Value right) {
        return switch (operator) {
            case EQUAL -> Types.equal(left, right, rendering.budget());
            case NOT_EQUAL -> !Types.equal(left, right, rendering.budget());
            case IN -> Types.contains(right, left, rendering.budget());
            case NOT_IN -> !Types.contains(right, left, rendering.budget());
            default -> Tests.ordered(operator.spelling(), left, right, rendering);
        };
    }
}
