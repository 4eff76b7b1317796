package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.syntax.Statement.Signature;
import dev.tramontane.jinja.syntax.Statement.Target;
import dev.tramontane.jinja.syntax.Token.Kind;
import dev.tramontane.jinja.value.TemplateException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The grammar of statements in {@code jinja2/parser.py} (3.1), with transformers' generation tag and loop controls. */
public final class TemplateParser {
    private static final int DEEPEST_BLOCKS = 60;
    private static final int LONGEST_TEMPLATE = 1 << 20;
    private static final Set<String> UNSUPPORTED = Set.of(
            "autoescape",
            "block",
            "debug",
            "do",
            "extends",
            "from",
            "import",
            "include",
            "pluralize",
            "print",
            "trans");

    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private int blocks;
    private int loops;

    private TemplateParser(TokenStream tokens, Names known) {
        this.tokens = tokens;
        expressions = new ExpressionParser(tokens, known);
    }

    /**
     * Parses a whole template.
     *
     * @throws TemplateException with a line, for what is wrong or not supported
     */
    public static List<Statement> parse(String source, Names known) {
        if (source.length() > LONGEST_TEMPLATE) {
            throw new TemplateException(
                    "the template has " + source.length() + " characters; at most " + LONGEST_TEMPLATE
                            + " are possible",
                    1);
        }
        TemplateParser parser = new TemplateParser(new TokenStream(Lexer.tokens(source)), known);
        return parser.body("", 0);
    }

    /** Statements up to a tag that is one of {@code ends} (names with spaces between them), which stays unread. */
    private List<Statement> body(String ends, int opened) {
        if (++blocks > DEEPEST_BLOCKS) {
            throw new TemplateException("blocks nest deeper than " + DEEPEST_BLOCKS + " levels", tokens.line());
        }
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> statements.add(new Statement.Data(token.text(), token.line()));
                case OUTPUT_BEGIN -> {
                    statements.add(new Statement.Output(expressions.expressions(true), token.line()));
                    tokens.expect(Kind.OUTPUT_END, "end of print statement");
                }
                case BLOCK_BEGIN -> {
                    Token name = tokens.expect(Kind.NAME, "the name of a tag");
                    if (List.of(ends.split(" ")).contains(name.text())) {
                        blocks--;
                        end = name.text();
                        return statements;
                    }
                    statements.add(statement(name));
                    tokens.expect(Kind.BLOCK_END, "end of statement block");
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw new TemplateException(
                                "the template ends inside a block that needs " + ends.replace(" ", " or "), opened);
                    }
                    blocks--;
                    return statements;
                }
            }
        }
    }

    /** The name of the tag that ended the last {@link #body}. */
    private String end = "";

    /** A block's body and its end tag. */
    private List<Statement> bodyTo(String endTag, int line) {
        tokens.expect(Kind.BLOCK_END, "end of statement block");
        return body(endTag, line);
    }

    private Statement statement(Token name) {
        int line = name.line();
        return switch (name.text()) {
            case "if" -> ifStatement(line);
            case "for" -> forStatement(line);
            case "set" -> set(line);
            case "with" -> with(line);
            case "macro" -> macro(line);
            case "call" -> callBlock(line);
            case "filter" -> {
                Expression filters = expressions.blockFilters();
                yield new Statement.FilterBlock(filters, bodyTo("endfilter", line), line);
            }
            case "generation" -> new Statement.Group(bodyTo("endgeneration", line), line);
            case "break" -> {
                checkInLoop("break", line);
                yield new Statement.Break(line);
            }
            case "continue" -> {
                checkInLoop("continue", line);
                yield new Statement.Continue(line);
            }
            default -> {
                String what = UNSUPPORTED.contains(name.text()) ? "is not supported" : "is not known or not expected";
                yield fail("the tag '" + name.text() + "' " + what, line);
            }
        };
    }

    private static Statement fail(String message, int line) {
        throw new TemplateException(message, line);
    }

    private void checkInLoop(String tag, int line) {
        if (loops == 0) {
            throw new TemplateException("the tag '" + tag + "' stands outside of a loop", line);
        }
    }

    private Statement ifStatement(int line) {
        List<Statement.Branch> branches = new ArrayList<>();
        List<Statement> otherwise = List.of();
        do {
            Expression condition = expressions.expressions(false);
            branches.add(new Statement.Branch(condition, bodyTo("elif else endif", line)));
        } while (end.equals("elif"));
        if (end.equals("else")) {
            otherwise = bodyTo("endif", line);
        }
        return new Statement.If(branches, otherwise, line);
    }

    private Statement forStatement(int line) {
        Target target = target(false);
        tokens.expectName("in");
        Expression iterable = expressions.expressions(false);
        Expression condition = tokens.skipName("if") ? expressions.expression() : null;
        boolean recursive = tokens.skipName("recursive");
        loops++;
        List<Statement> body = bodyTo("else endfor", line);
        loops--;
        List<Statement> otherwise = end.equals("else") ? bodyTo("endfor", line) : List.of();
        return new Statement.For(target, iterable, condition, recursive, body, otherwise, line);
    }

    private Statement set(int line) {
        Target target = target(true);
        if (tokens.skip("=")) {
            return new Statement.Assign(target, expressions.expressions(true), line);
        }
        Expression filters = tokens.skip("|") ? expressions.blockFilters() : null;
        return new Statement.AssignBlock(target, filters, bodyTo("endset", line), line);
    }

    private Statement with(int line) {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.is(Kind.BLOCK_END)) {
            if (!targets.isEmpty()) {
                tokens.expect(",");
            }
            targets.add(single(false));
            tokens.expect("=");
            values.add(expressions.expression());
        }
        return new Statement.With(targets, values, bodyTo("endwith", line), line);
    }

    private Statement macro(int line) {
        String name = tokens.expect(Kind.NAME, "a name").text();
        Set<String> used = new HashSet<>();
        Set<String> before = expressions.noteNames(used);
        Parameters parameters = parameters();
        int outerLoops = loops;
        loops = 0;
        List<Statement> body = bodyTo("endmacro", line);
        loops = outerLoops;
        expressions.noteNames(before);
        return new Statement.Macro(name, parameters.signature(used), body, line);
    }

    private Statement callBlock(int line) {
        Set<String> used = new HashSet<>();
        Set<String> before = expressions.noteNames(used);
        Parameters parameters = tokens.current().is("(") ? parameters() : new Parameters(List.of(), List.of());
        Expression expression = expressions.expression();
        if (!(expression instanceof Expression.Call call)) {
            throw new TemplateException("a call block needs a call", line);
        }
        int outerLoops = loops;
        loops = 0;
        List<Statement> body = bodyTo("endcall", line);
        loops = outerLoops;
        expressions.noteNames(before);
        before.addAll(used);
        return new Statement.CallBlock(call, parameters.signature(used), body, line);
    }

    private record Parameters(List<String> names, List<@Nullable Expression> defaults) {
        Signature signature(Set<String> used) {
            return new Signature(
                    names, defaults, used.contains("caller"), used.contains("varargs"), used.contains("kwargs"));
        }
    }

    private Parameters parameters() {
        tokens.expect("(");
        List<String> names = new ArrayList<>();
        List<@Nullable Expression> defaults = new ArrayList<>();
        while (!tokens.skip(")")) {
            names.add(tokens.expect(Kind.NAME, "a parameter").text());
            if (tokens.skip("=")) {
                defaults.add(expressions.expression());
            } else if (defaults.isEmpty() || defaults.getLast() == null) {
                defaults.add(null);
            } else {
                throw new TemplateException("a parameter without default follows one with", tokens.line());
            }
            if (!tokens.current().is(")")) {
                tokens.expect(",");
            }
        }
        return new Parameters(names, defaults);
    }

    /** One target or several with commas. */
    private Target target(boolean mayBeAttribute) {
        Target first = single(mayBeAttribute);
        if (!tokens.current().is(",")) {
            return first;
        }
        List<Target> targets = new ArrayList<>(List.of(first));
        while (tokens.skip(",")) {
            if (tokens.current().isName("in")
                    || tokens.current().is("=")
                    || tokens.current().is(")")) {
                break;
            }
            targets.add(single(mayBeAttribute));
        }
        return new Target.Tuple(targets);
    }

    private Target single(boolean mayBeAttribute) {
        if (tokens.skip("(")) {
            if (++blocks > DEEPEST_BLOCKS) {
                throw new TemplateException("targets nest too deeply", tokens.line());
            }
            Target inside = target(mayBeAttribute);
            blocks--;
            tokens.expect(")");
            return inside;
        }
        Token name = tokens.expect(Kind.NAME, "a name to assign to");
        if (Set.of("true", "false", "none", "True", "False", "None").contains(name.text())) {
            throw new TemplateException("'" + name.text() + "' cannot be assigned to", name.line());
        }
        if (mayBeAttribute && tokens.skip(".")) {
            String attribute = tokens.expect(Kind.NAME, "an attribute").text();
            return new Target.Attribute(name.text(), attribute);
        }
        return new Target.Name(name.text());
    }
}
