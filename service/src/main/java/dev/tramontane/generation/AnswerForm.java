package dev.tramontane.generation;

import dev.tramontane.structure.Form;

/**
 * What an answer must be.
 *
 * @param field of the request that says so, for errors
 * @param characters that it was said in: what it takes to read it
 */
public record AnswerForm(Form form, String field, int characters) {}
