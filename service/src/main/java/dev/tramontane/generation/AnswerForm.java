package dev.tramontane.generation;

import dev.tramontane.structure.Form;

/**
 * What an answer must be.
 *
 * @param field of the request that says so, for errors
 * @param characters that it was said in: what it takes to read it
 * @param name that the client gave it, or empty
 */
public record AnswerForm(Form form, String field, int characters, String name) {
    /** One without a name. */
    public AnswerForm(Form form, String field, int characters) {
        this(form, field, characters, "");
    }
}
