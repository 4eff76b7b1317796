/**
 * Pre-tokenizers of byte-level BPE: hand-written scanners that cut a text where the published regular expressions cut
 * it. Linear in the text, without recursion and without {@code java.util.regex}. Imports nothing. Stateless; any
 * thread.
 */
@NullMarked
package dev.tramontane.tokenizer.split;

import org.jspecify.annotations.NullMarked;
