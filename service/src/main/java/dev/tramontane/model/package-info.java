/**
 * Geometry of a model and the {@link dev.tramontane.model.Model} interface that the engine drives, with its native
 * implementation; turns an opened model file into both. Imports weights, tokenizer, chat and kernels. A model is driven
 * by one thread (the engine's); records are immutable.
 */
@NullMarked
package dev.tramontane.model;

import org.jspecify.annotations.NullMarked;
