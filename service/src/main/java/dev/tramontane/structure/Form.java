package dev.tramontane.structure;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an answer must be, as a client says it: equal forms have equal masks. Not yet checked; {@link Structures#structure} does that. */
public sealed interface Form {
    /** One of these texts. */
    record Choice(List<String> choices) implements Form {
        public Choice {
            choices = List.copyOf(choices);
        }
    }

    /** A text that a regular expression matches from its beginning to its end: see {@link RegexReader} for the dialect. */
    record Regex(String pattern) implements Form {}

    /**
     * A JSON value of which a schema holds: see {@link SchemaReader} for what is supported.
     *
     * @param schema a tree of maps in the order of their names, lists, strings, numbers, booleans and nulls, as {@code json}'s reader makes it; not to
     *     be changed afterwards
     * @param strict whether it must be of the strict subset: every object closed, every property required
     * @param compact whether nothing may stand between JSON's tokens but one space behind a comma or a colon
     */
    record JsonSchema(Object schema, boolean strict, boolean compact) implements Form {
        /** With lines and indentation, where the model likes. */
        public JsonSchema(Object schema, boolean strict) {
            this(schema, strict, false);
        }
    }

    /** A text of a grammar, of llama.cpp's form: see {@link GrammarReader}. */
    record Grammar(String text) implements Form {}

    /**
     * Any JSON object.
     *
     * @param compact as of a {@link JsonSchema}
     */
    record JsonObject(boolean compact) implements Form {
        /** With lines and indentation, where the model likes. */
        public JsonObject() {
            this(false);
        }
    }

    /** One after the other. */
    record Sequence(List<Form> parts) implements Form {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** One of them. */
    record Any(List<Form> ways) implements Form {
        public Any {
            ways = List.copyOf(ways);
        }
    }

    /** The same any number of times, none among them. */
    record Repeat(Form body) implements Form {}

    /** A text in which none of these stands; none of them empty. */
    record Without(List<String> marks) implements Form {
        public Without {
            marks = List.copyOf(marks);
        }
    }

    /**
     * The members of an object that a schema describes, in the order of its properties, each in tags: between {@code open}, its name, {@code opened} and
     * {@code close}. A value is JSON, in whose strings marks are what they spell, or a text as it stands, in which there are none.
     *
     * @param schema of the object: it says nothing else of it than its properties and which are required
     * @param strict as of a {@link JsonSchema}
     * @param texts names of those that stand as they are
     * @param marks none of which stands in such a text
     */
    record Tagged(
            Map<String, ? extends @Nullable Object> schema,
            boolean strict,
            String open,
            String opened,
            String close,
            Set<String> texts,
            List<String> marks)
            implements Form {
        public Tagged {
            texts = Set.copyOf(texts);
            marks = List.copyOf(marks);
        }
    }

    /**
     * The same as its body, of which what is wrong is said under a name.
     *
     * @param label as in "the tool weather"
     */
    record Labelled(String label, Form body) implements Form {}

    /** These texts one after the other. */
    static Form sequence(Form... parts) {
        return new Sequence(List.of(parts));
    }

    /** This text. */
    static Form text(String text) {
        return new Choice(List.of(text));
    }

    /** It or nothing. */
    static Form optional(Form part) {
        return new Any(List.of(part, text("")));
    }
}
