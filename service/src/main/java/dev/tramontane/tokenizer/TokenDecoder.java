package dev.tramontane.tokenizer;

/**
 * Turns one stream of ids into text, holding back incomplete UTF-8 sequences. The concatenation of everything
 * returned equals the decoding of the concatenated bytes; invalid bytes become U+FFFD by the substitution of maximal
 * subparts (Unicode 17, section 3.9). Not thread-safe.
 */
public interface TokenDecoder {

    /** The text that became complete with this token; possibly empty. Control tokens give none. */
    String push(int id);

    /** The held-back bytes at the end of the stream, as text. */
    String finish();
}
