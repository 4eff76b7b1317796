/**
 * Text to token ids and back: byte-level BPE and BPE over characters, from vocabularies and from the files in which
 * they come (SentencePiece models, tekken.json, tokenizer.json). Imports only {@code json} of the house. Everything here
 * is immutable after construction and may be used by any thread, except {@link dev.tramontane.tokenizer.TokenDecoder},
 * which belongs to one stream.
 */
@NullMarked
package dev.tramontane.tokenizer;

import org.jspecify.annotations.NullMarked;
