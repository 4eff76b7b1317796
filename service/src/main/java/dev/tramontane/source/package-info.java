/**
 * What the files of a model say, whatever their form: {@link dev.tramontane.source.ModelSource} opens what lies at a path
 * (a GGUF file, Hugging Face's directory or Mistral's) and gives geometry, tensors, tokenizer and chat layout, each checked
 * against the others. Runs nothing: {@code inspect} and {@code convert} need no more. Imports model, weights, tokenizer, chat
 * and json, and of kernels the types and roles of tensors. Immutable after opening; any thread.
 */
@NullMarked
package dev.tramontane.source;

import org.jspecify.annotations.NullMarked;
