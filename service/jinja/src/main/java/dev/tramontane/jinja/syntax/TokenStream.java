package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.syntax.Token.Kind;
import dev.tramontane.jinja.value.TemplateException;
import java.util.List;

/** The tokens of a template and a place in them. */
final class TokenStream {
    private final List<Token> tokens;
    private int at;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    Token look() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    int line() {
        return current().line();
    }

    Token next() {
        Token token = current();
        if (at + 1 < tokens.size()) {
            at++;
        }
        return token;
    }

    boolean is(Kind kind) {
        return current().kind() == kind;
    }

    boolean skip(String operator) {
        boolean found = current().is(operator);
        if (found) {
            next();
        }
        return found;
    }

    boolean skipName(String name) {
        boolean found = current().isName(name);
        if (found) {
            next();
        }
        return found;
    }

    void expect(String operator) {
        if (!skip(operator)) {
            throw expected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw expected("'" + name + "'");
        }
    }

    Token expect(Kind kind, String what) {
        if (!is(kind)) {
            throw expected(what);
        }
        return next();
    }

    TemplateException expected(String what) {
        return new TemplateException("expected " + what + ", found " + current().describe(), line());
    }
}
