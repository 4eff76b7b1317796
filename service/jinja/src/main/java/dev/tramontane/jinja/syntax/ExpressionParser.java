package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.syntax.Expression.Operator;
import dev.tramontane.jinja.syntax.Token.Kind;
import dev.tramontane.jinja.value.TemplateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The grammar of expressions in {@code jinja2/parser.py} (3.1), whose precedences are not Python's: {@code ~} binds
 * tighter than {@code +}, and {@code **} is left-associative and looser than a sign.
 */
final class ExpressionParser {
    /** Parentheses inside parentheses, while parsing. */
    private static final int DEEPEST_NESTING = 100;

    private final TokenStream tokens;
    private final TreeHeights heights = new TreeHeights();
    private final OperandParser operands;
    private int nesting;

    ExpressionParser(TokenStream tokens, Names known) {
        this.tokens = tokens;
        operands = new OperandParser(tokens, known, this, heights);
    }

    /** Begins to note which names are read; gives what was noted before. */
    Set<String> noteNames(Set<String> names) {
        return operands.noteNames(names);
    }

    /** A chain of filters on what a block gives: {@code name(...) | name}. */
    Expression blockFilters() {
        return operands.blockFilters();
    }

    Expression expression() {
        if (++nesting > DEEPEST_NESTING) {
            throw new TemplateException("expressions nest deeper than " + DEEPEST_NESTING + " levels", tokens.line());
        }
        int line = tokens.line();
        Expression value = or();
        while (tokens.skipName("if")) {
            Expression condition = or();
            Expression otherwise = tokens.skipName("else") ? expression() : null;
            value = heights.made(
                    new Expression.Conditional(condition, value, otherwise, line), condition, value, otherwise);
        }
        nesting--;
        return value;
    }

    /** An expression, or several with commas as a tuple; {@code conditional} as in for and if tags, where it is not. */
    Expression expressions(boolean conditional) {
        int line = tokens.line();
        Expression first = conditional ? expression() : or();
        if (!tokens.current().is(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>(List.of(first));
        while (tokens.skip(",")) {
            if (tokens.is(Kind.OUTPUT_END)
                    || tokens.is(Kind.BLOCK_END)
                    || tokens.current().is(")")) {
                break;
            }
            items.add(conditional ? expression() : or());
        }
        return heights.made(new Expression.ListLiteral(items, true, line), items.toArray(Expression[]::new));
    }

    private Expression or() {
        int line = tokens.line();
        Expression left = and();
        while (tokens.skipName("or")) {
            left = binary(Operator.OR, left, and(), line);
        }
        return left;
    }

    private Expression and() {
        int line = tokens.line();
        Expression left = not();
        while (tokens.skipName("and")) {
            left = binary(Operator.AND, left, not(), line);
        }
        return left;
    }

    private Expression not() {
        int line = tokens.line();
        int count = 0;
        while (tokens.skipName("not")) {
            count++;
        }
        Expression value = comparison();
        for (int i = 0; i < count; i++) {
            value = heights.made(new Expression.Unary(Operator.NOT, value, line), value);
        }
        return value;
    }

    private Expression comparison() {
        int line = tokens.line();
        Expression first = sum();
        List<Operator> operators = new ArrayList<>();
        List<Expression> others = new ArrayList<>();
        for (Operator operator = comparator(); operator != null; operator = comparator()) {
            operators.add(operator);
            others.add(sum());
        }
        if (operators.isEmpty()) {
            return first;
        }
        Expression comparison = new Expression.Comparison(first, operators, others, line);
        heights.made(comparison, others.toArray(Expression[]::new));
        return heights.made(comparison, first, comparison);
    }

    private @Nullable Operator comparator() {
        if (tokens.skipName("in")) {
            return Operator.IN;
        }
        if (tokens.current().isName("not") && tokens.look().isName("in")) {
            tokens.next();
            tokens.next();
            return Operator.NOT_IN;
        }
        return operator(
                Operator.EQUAL,
                Operator.NOT_EQUAL,
                Operator.LESS,
                Operator.LESS_EQUAL,
                Operator.GREATER,
                Operator.GREATER_EQUAL);
    }

    private @Nullable Operator operator(Operator... candidates) {
        for (Operator candidate : candidates) {
            if (tokens.skip(candidate.spelling())) {
                return candidate;
            }
        }
        return null;
    }

    private Expression sum() {
        int line = tokens.line();
        Expression left = concatenation();
        Operator operator;
        while ((operator = operator(Operator.ADD, Operator.SUBTRACT)) != null) {
            left = binary(operator, left, concatenation(), line);
        }
        return left;
    }

    private Expression concatenation() {
        int line = tokens.line();
        Expression first = product();
        if (!tokens.current().is("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skip("~")) {
            parts.add(product());
        }
        return heights.made(new Expression.Concatenation(parts, line), parts.toArray(Expression[]::new));
    }

    private Expression product() {
        int line = tokens.line();
        Expression left = power();
        Operator operator;
        while ((operator = operator(Operator.MULTIPLY, Operator.DIVIDE, Operator.FLOOR_DIVIDE, Operator.MODULO))
                != null) {
            left = binary(operator, left, power(), line);
        }
        return left;
    }

    private Expression power() {
        int line = tokens.line();
        Expression left = unary();
        while (tokens.skip("**")) {
            left = binary(Operator.POWER, left, unary(), line);
        }
        return left;
    }

    private Expression unary() {
        int line = tokens.line();
        List<Operator> signs = new ArrayList<>();
        Operator sign;
        while ((sign = operator(Operator.SUBTRACT, Operator.ADD)) != null) {
            signs.add(sign);
        }
        Expression value = operands.operand();
        for (Operator outer : signs.reversed()) {
            value = heights.made(new Expression.Unary(outer, value, line), value);
        }
        return operands.filters(value);
    }

    private Expression binary(Operator operator, Expression left, Expression right, int line) {
        return heights.made(new Expression.Binary(operator, left, right, line), left, right);
    }
}
