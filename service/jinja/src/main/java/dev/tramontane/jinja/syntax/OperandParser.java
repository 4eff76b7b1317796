package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.syntax.Expression.CallArguments;
import dev.tramontane.jinja.syntax.Expression.NamedArgument;
import dev.tramontane.jinja.syntax.Token.Kind;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What operators work on: literals and names, with subscripts, calls, filters and tests behind them. */
final class OperandParser {
    private final TokenStream tokens;
    private final Names known;
    private final ExpressionParser expressions;
    private final TreeHeights heights;
    /** Names that the innermost macro reads. */
    private Set<String> macroNames = new HashSet<>();

    OperandParser(TokenStream tokens, Names known, ExpressionParser expressions, TreeHeights heights) {
        this.tokens = tokens;
        this.known = known;
        this.expressions = expressions;
        this.heights = heights;
    }

    /** Begins to note which names are read; gives what was noted before. */
    Set<String> noteNames(Set<String> names) {
        Set<String> before = macroNames;
        macroNames = names;
        return before;
    }

    Expression operand() {
        return postfix(primary());
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
                return heights.made(literal(token, line));
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
                        return heights.made(
                                new Expression.ListLiteral(items, false, line), items.toArray(Expression[]::new));
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
            case "true", "True" -> heights.made(new Expression.Constant(Value.Bool.TRUE, line));
            case "false", "False" -> heights.made(new Expression.Constant(Value.Bool.FALSE, line));
            case "none", "None" -> heights.made(new Expression.Constant(Value.None.NONE, line));
            default -> {
                macroNames.add(name);
                yield heights.made(new Expression.Name(name, line));
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
        return new Expression.Constant(Text.trusted(text.toString()), line);
    }

    private Expression parenthesised(int line) {
        if (tokens.skip(")")) {
            return heights.made(new Expression.ListLiteral(List.of(), true, line));
        }
        Expression inside = expressions.expressions(true);
        tokens.expect(")");
        return inside;
    }

    private List<Expression> items(String closing) {
        List<Expression> items = new ArrayList<>();
        while (!tokens.skip(closing)) {
            items.add(expressions.expression());
            if (!tokens.current().is(closing)) {
                tokens.expect(",");
            }
        }
        return items;
    }

    private Expression dictionary(int line) {
        List<Expression> keysAndValues = new ArrayList<>();
        while (!tokens.skip("}")) {
            keysAndValues.add(expressions.expression());
            tokens.expect(":");
            keysAndValues.add(expressions.expression());
            if (!tokens.current().is("}")) {
                tokens.expect(",");
            }
        }
        return heights.made(new Expression.DictLiteral(keysAndValues, line), keysAndValues.toArray(Expression[]::new));
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
                return heights.made(new Expression.Attribute(of, token.text(), line), of);
            }
            if (token.kind() == Kind.LITERAL && token.value() instanceof Value.Int) {
                return heights.made(new Expression.Item(of, new Expression.Constant(token.value(), line), line), of);
            }
            throw new TemplateException("expected a name or a number after '.', found " + token.describe(), line);
        }
        tokens.expect("[");
        Expression start = tokens.current().is(":") ? null : expressions.expression();
        if (tokens.skip(":")) {
            Expression stop = bound();
            Expression step = tokens.skip(":") ? bound() : null;
            tokens.expect("]");
            return heights.made(new Expression.Slice(of, start, stop, step, line), of, start, stop, step);
        }
        if (start == null || !tokens.skip("]")) {
            throw tokens.expected("']'");
        }
        return heights.made(new Expression.Item(of, start, line), of, start);
    }

    private @Nullable Expression bound() {
        return tokens.current().is(":") || tokens.current().is("]") ? null : expressions.expression();
    }

    private Expression.Call call(Expression callee) {
        int line = tokens.line();
        CallArguments arguments = arguments();
        if (callee instanceof Expression.Attribute attribute) {
            known.checkMethod(attribute.name(), line);
        }
        Expression.Call call = new Expression.Call(callee, arguments, line);
        heights.made(call, children(callee, arguments));
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
                named.add(new NamedArgument(name, expressions.expression()));
            } else if (named.isEmpty()) {
                positional.add(expressions.expression());
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

    /** What filters, tests and calls make of a value. */
    Expression filters(Expression start) {
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
        return heights.made(
                new Expression.Filter(input, name.text(), arguments, name.line()), children(input, arguments));
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
        return heights.made(
                new Expression.Test(input, name.text(), arguments, negated, line), children(input, arguments));
    }

    private static boolean startsArgument(Token token) {
        return switch (token.kind()) {
            case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
            case LITERAL -> true;
            case OPERATOR -> token.is("[") || token.is("{");
            default -> false;
        };
    }
}
