/**
 * Writes a model of any source as a GGUF file that llama.cpp, gguf-py and this program read: names, hyperparameters,
 * tokenizer, and every tensor in the type that was asked for. Knows model files and the kernels' conversions, nothing of
 * running a model.
 */
@NullMarked
package dev.tramontane.convert;

import org.jspecify.annotations.NullMarked;
