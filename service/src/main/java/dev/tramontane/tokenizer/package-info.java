/**
 * Text to token ids and back: byte-level BPE and SentencePiece BPE. Imports nothing of the house. Everything here is
 * immutable after construction and may be used by any thread, except {@link dev.tramontane.tokenizer.TokenDecoder},
 * which belongs to one stream.
 */
@NullMarked
package dev.tramontane.tokenizer;

import org.jspecify.annotations.NullMarked;
