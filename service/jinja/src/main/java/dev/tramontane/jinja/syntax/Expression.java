package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.value.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What gives a value. Each knows the line where it stands. */
public sealed interface Expression {

    int line();

    record Constant(Value value, int line) implements Expression {}

    record Name(String name, int line) implements Expression {}

    record ListLiteral(List<Expression> items, boolean tuple, int line) implements Expression {}

    /** Keys and values in turn. */
    record DictLiteral(List<Expression> keysAndValues, int line) implements Expression {}

    record Attribute(Expression of, String name, int line) implements Expression {}

    record Item(Expression of, Expression key, int line) implements Expression {}

    record Slice(
            Expression of,
            @Nullable Expression start,
            @Nullable Expression stop,
            @Nullable Expression step,
            int line) implements Expression {}

    record Call(Expression callee, CallArguments arguments, int line) implements Expression {}

    /** {@code input | name(arguments)}; the input is null where a block gives it. */
    record Filter(@Nullable Expression input, String name, CallArguments arguments, int line) implements Expression {}

    record Test(Expression input, String name, CallArguments arguments, boolean negated, int line)
            implements Expression {}

    record Unary(Operator operator, Expression operand, int line) implements Expression {}

    record Binary(Operator operator, Expression left, Expression right, int line) implements Expression {}

    /** {@code a ~ b ~ c}. */
    record Concatenation(List<Expression> parts, int line) implements Expression {}

    /** {@code a < b <= c}: operators and what follows each. */
    record Comparison(Expression first, List<Operator> operators, List<Expression> operands, int line)
            implements Expression {}

    /** {@code then if condition else otherwise}. */
    record Conditional(
            Expression condition, Expression then, @Nullable Expression otherwise, int line) implements Expression {}

    /** What stands between the parentheses of a call. */
    record CallArguments(List<Expression> positional, List<NamedArgument> named) {
        static final CallArguments NONE = new CallArguments(List.of(), List.of());
    }

    record NamedArgument(String name, Expression value) {}

    /** Operators by their Python spelling. */
    enum Operator {
        ADD("+"),
        SUBTRACT("-"),
        MULTIPLY("*"),
        DIVIDE("/"),
        FLOOR_DIVIDE("//"),
        MODULO("%"),
        POWER("**"),
        AND("and"),
        OR("or"),
        NOT("not"),
        EQUAL("=="),
        NOT_EQUAL("!="),
        LESS("<"),
        LESS_EQUAL("<="),
        GREATER(">"),
        GREATER_EQUAL(">="),
        IN("in"),
        NOT_IN("not in");

        private final String spelling;

        Operator(String spelling) {
            this.spelling = spelling;
        }

        public String spelling() {
            return spelling;
        }
    }
}
