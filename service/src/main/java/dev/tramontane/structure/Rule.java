package dev.tramontane.structure;

/** A named expression that may be called from several places, itself included. Its body is given once, after whatever calls it may have been made. */
final class Rule {
    private final String name;
    private Expression body = Expression.NOTHING;

    Rule(String name) {
        this.name = name;
    }

    Rule(String name, Expression body) {
        this(name);
        this.body = body;
    }

    /** For messages. */
    String name() {
        return name;
    }

    Expression body() {
        return body;
    }

    void define(Expression meaning) {
        body = meaning;
    }
}
