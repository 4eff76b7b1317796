/**
 * What a model knows and how it differs from another, measured: it drives a {@link dev.tramontane.model.Model} by itself,
 * one sequence at a time and without the engine, over windows of a text. One thread, the caller's; a row's arithmetic over
 * the vocabulary is shared with the common pool.
 */
@NullMarked
package dev.tramontane.measure;

import org.jspecify.annotations.NullMarked;
