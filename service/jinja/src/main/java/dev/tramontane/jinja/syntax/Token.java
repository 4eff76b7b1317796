package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.value.Value;

/** A piece of a template's source. */
record Token(Kind kind, String text, Value value, int line) {

    enum Kind {
        /** Text between tags, already stripped. */
        DATA,
        /** <code>{{</code> */
        OUTPUT_BEGIN,
        OUTPUT_END,
        /** <code>{%</code> */
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        /** A string, an int or a float, in {@link Token#value}. */
        LITERAL,
        /** Punctuation, in {@link Token#text}. */
        OPERATOR,
        END
    }

    Token(Kind kind, String text, int line) {
        this(kind, text, Value.None.NONE, line);
    }

    boolean is(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    /** For messages. */
    String describe() {
        return switch (kind) {
            case DATA -> "text";
            case OUTPUT_BEGIN, BLOCK_BEGIN -> "begin of a tag";
            case OUTPUT_END -> "end of print statement";
            case BLOCK_END -> "end of statement block";
            case NAME, OPERATOR -> "'" + text + "'";
            case LITERAL -> "a literal";
            case END -> "end of template";
        };
    }
}
