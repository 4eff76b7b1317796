package dev.tramontane.chat.jinja.syntax;

import dev.tramontane.chat.jinja.syntax.Expression.CallArguments;
import dev.tramontane.chat.jinja.syntax.Expression.NamedArgument;
import dev.tramontane.chat.jinja.syntax.Expression.Operator;
import dev.tramontane.chat.jinja.syntax.Token.Kind;
import dev.tramontane.chat.jinja.value.TemplateException;
import dev.tramontane.chat.jinja.value.Text;
import dev.tramontane.chat.jinja.value.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
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
    /** Levels of a finished tree; long chains of operators make such trees without nesting. */
    private static final int DEEPEST_TREE = 150;

    private final TokenStream tokens;
    private final Names known;
    private final IdentityHashMap<Expression, Integer> heights = new IdentityHashMap<>();
    private int nesting;
    /** Special names that the innermost macro reads. */
    private Set<String> macroNames = new HashSet<>();

    ExpressionParser(TokenStream tokens, Names known) {
        this.tokens = tokens;
        this.known = known;
    }

    /** Begins to note which of caller, varargs and kwargs are read; gives what was noted before. */
    Set<String> noteNames(Set<String> names) {
        Set<String> before = macroNames;
        macroNames = names;
        return before;
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
            value = made(new Expression.Conditional(condition, value, otherwise, line), condition, value, otherwise);
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
        return made(new Expression.ListLiteral(items, true, line), items.toArray(Expression[]::new));
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
            value = made(new Expression.Unary(Operator.NOT, value, line), value);
        }
        return value;
    }

    private Expression comparison() {
        int line = tokens.line();
        Expression first = sum();
        List<Operator> operators = new ArrayList<>();
        List<Expression> operands = new ArrayList<>();
        for (Operator operator = comparator(); operator != null; operator = comparator()) {
            operators.add(operator);
            operands.add(sum());
        }
        if (operators.isEmpty()) {
            return first;
        }
        Expression comparison = new Expression.Comparison(first, operators, operands, line);
        made(comparison, operands.toArray(Expression[]::new));
        return made(comparison, first, comparison);
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
        return made(new Expression.Concatenation(parts, line), parts.toArray(Expression[]::new));
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
        Expression value = postfix(primary());
        for (Operator outer : signs.reversed()) {
            value = made(new Expression.Unary(outer, value, line), value);
        }
        return filters(value);
    }

    private Expression primary() {
        Token token = tokens.current();
        int line = token.line();
        switch (token.kind()) {
            case NAME -> {
                tokens.next();
                return name(token.text(), line);
            }
            case LITERAL -> {
                tokens.next();
                return made(literal(token, line));
            }
            case OPERATOR -> {
                switch (token.text()) {
                    case "(" -> {
                        tokens.next();
                        return parenthesised(line);
                    }
                    case "[" -> {
                        tokens.next();
                        List<Expression> items = items("]");
                        return made(new Expression.ListLiteral(items, false, line), items.toArray(Expression[]::new));
                    }
                    case "{" -> {
                        tokens.next();
                        return dictionary(line);
                    }
                    default -> {}
                }
            }
            default -> {}
        }
        throw tokens.expected("an expression");
    }

    private Expression name(String name, int line) {
        return switch (name) {
            case "true", "True" -> made(new Expression.Constant(Value.Bool.TRUE, line));
            case "false", "False" -> made(new Expression.Constant(Value.Bool.FALSE, line));
            case "none", "None" -> made(new Expression.Constant(Value.None.NONE, line));
            default -> {
                macroNames.add(name);
                yield made(new Expression.Name(name, line));
            }
        };
    }

    /** A literal; strings next to each other are one. */
    private Expression literal(Token first, int line) {
        if (!(first.value() instanceof Text)) {
            return new Expression.Constant(first.value(), line);
        }
        StringBuilder text = new StringBuilder(first.value().toString());
        while (tokens.is(Kind.LITERAL) && tokens.current().value() instanceof Text more) {
            text.append(more.chars());
            tokens.next();
        }
        return new Expression.Constant(Text.own(text.toString()), line);
    }

    private Expression parenthesised(int line) {
        if (tokens.skip(")")) {
            return made(new Expression.ListLiteral(List.of(), true, line));
        }
        Expression inside = expressions(true);
        tokens.expect(")");
        return inside;
    }

    private List<Expression> items(String closing) {
        List<Expression> items = new ArrayList<>();
        while (!tokens.skip(closing)) {
            items.add(expression());
            if (!tokens.current().is(closing)) {
                tokens.expect(",");
            }
        }
        return items;
    }

    private Expression dictionary(int line) {
        List<Expression> keysAndValues = new ArrayList<>();
        while (!tokens.skip("}")) {
            keysAndValues.add(expression());
            tokens.expect(":");
            keysAndValues.add(expression());
            if (!tokens.current().is("}")) {
                tokens.expect(",");
            }
        }
        return made(new Expression.DictLiteral(keysAndValues, line), keysAndValues.toArray(Expression[]::new));
    }

    private Expression postfix(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.current().is(".") || tokens.current().is("[")) {
                value = subscript(value);
            } else if (tokens.current().is("(")) {
                value = call(value);
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression of) {
        int line = tokens.line();
        if (tokens.skip(".")) {
            Token token = tokens.next();
            if (token.kind() == Kind.NAME) {
                return made(new Expression.Attribute(of, token.text(), line), of);
            }
            if (token.kind() == Kind.LITERAL && token.value() instanceof Value.Int) {
                return made(new Expression.Item(of, new Expression.Constant(token.value(), line), line), of);
            }
            throw new TemplateException("expected a name or a number after '.', found " + token.describe(), line);
        }
        tokens.expect("[");
        Expression start = tokens.current().is(":") ? null : expression();
        if (tokens.skip(":")) {
            Expression stop = bound();
            Expression step = tokens.skip(":") ? bound() : null;
            tokens.expect("]");
            return made(new Expression.Slice(of, start, stop, step, line), of, start, stop, step);
        }
        if (start == null || !tokens.skip("]")) {
            throw tokens.expected("']'");
        }
        return made(new Expression.Item(of, start, line), of, start);
    }

    private @Nullable Expression bound() {
        return tokens.current().is(":") || tokens.current().is("]") ? null : expression();
    }

    private Expression.Call call(Expression callee) {
        int line = tokens.line();
        CallArguments arguments = arguments();
        if (callee instanceof Expression.Attribute attribute) {
            known.checkMethod(attribute.name(), line);
        }
        Expression.Call call = new Expression.Call(callee, arguments, line);
        made(call, children(callee, arguments));
        return call;
    }

    private CallArguments arguments() {
        tokens.expect("(");
        List<Expression> positional = new ArrayList<>();
        List<NamedArgument> named = new ArrayList<>();
        while (!tokens.skip(")")) {
            if (tokens.current().is("*") || tokens.current().is("**")) {
                throw new TemplateException("unpacking of arguments with * is not supported", tokens.line());
            }
            if (tokens.is(Kind.NAME) && tokens.look().is("=")) {
                String name = tokens.next().text();
                tokens.next();
                named.add(new NamedArgument(name, expression()));
            } else if (named.isEmpty()) {
                positional.add(expression());
            } else {
                throw new TemplateException("a positional argument follows a named one", tokens.line());
            }
            if (!tokens.current().is(")")) {
                tokens.expect(",");
            }
        }
        return new CallArguments(positional, named);
    }

    private static @Nullable Expression[] children(@Nullable Expression first, CallArguments arguments) {
        List<@Nullable Expression> children = new ArrayList<>();
        children.add(first);
        children.addAll(arguments.positional());
        arguments.named().forEach(argument -> children.add(argument.value()));
        return children.toArray(new @Nullable Expression[0]);
    }

    private Expression filters(Expression start) {
        Expression value = start;
        while (true) {
            if (tokens.skip("|")) {
                value = filter(value);
            } else if (tokens.current().isName("is")) {
                value = test(value);
            } else if (tokens.current().is("(")) {
                value = call(value);
            } else {
                return value;
            }
        }
    }

    /** A chain of filters on what a block gives: {@code name(...) | name}. */
    Expression blockFilters() {
        Expression value = filter(null);
        while (tokens.skip("|")) {
            value = filter(value);
        }
        return value;
    }

    private Expression filter(@Nullable Expression input) {
        Token name = tokens.expect(Kind.NAME, "the name of a filter");
        known.checkFilter(name.text(), name.line());
        CallArguments arguments = tokens.current().is("(") ? arguments() : CallArguments.NONE;
        known.checkNamed(name.text(), arguments, name.line());
        return made(new Expression.Filter(input, name.text(), arguments, name.line()), children(input, arguments));
    }

    private Expression test(Expression input) {
        int line = tokens.next().line();
        boolean negated = tokens.skipName("not");
        Token name = tokens.expect(Kind.NAME, "the name of a test");
        known.checkTest(name.text(), line);
        CallArguments arguments = CallArguments.NONE;
        if (tokens.current().is("(")) {
            arguments = arguments();
        } else if (startsArgument(tokens.current())) {
            if (tokens.current().isName("is")) {
                throw new TemplateException("tests with 'is' cannot be chained", line);
            }
            arguments = new CallArguments(List.of(postfix(primary())), List.of());
        }
        return made(new Expression.Test(input, name.text(), arguments, negated, line), children(input, arguments));
    }

    private static boolean startsArgument(Token token) {
        return switch (token.kind()) {
            case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
            case LITERAL -> true;
            case OPERATOR -> token.is("[") || token.is("{");
            default -> false;
        };
    }

    private Expression binary(Operator operator, Expression left, Expression right, int line) {
        return made(new Expression.Binary(operator, left, right, line), left, right);
    }

    /** Notes how high a tree the node makes with its children. */
    private <E extends Expression> E made(E node, @Nullable Expression... children) {
        int height = 1;
        for (Expression child : children) {
            height = Math.max(height, child == null ? 1 : 1 + heights.getOrDefault(child, 1));
        }
        if (height > DEEPEST_TREE) {
            throw new TemplateException("an expression is more than " + DEEPEST_TREE + " operations deep", node.line());
        }
        heights.put(node, height);
        return node;
    }
}
