package dev.tramontane.json;

/**
 * What a JSON document may cost its reader. Every reader states its own: a request is small, a vocabulary has 300,000
 * names. Numbers may be 64 characters long in any document.
 *
 * @param bytes of the document
 * @param depth of nesting; 1 for an object of scalars, at most {@value #MAX_DEPTH}
 * @param nameCharacters of a name, in UTF-16 units
 * @param stringCharacters of a string
 * @param entries names and elements of all objects and arrays together
 */
public record JsonLimits(long bytes, int depth, int nameCharacters, int stringCharacters, long entries) {
    /** Trees are read and walked by recursion; this depth is safe on any thread's stack. */
    public static final int MAX_DEPTH = 512;

    public JsonLimits {
        if (bytes < 1 || nameCharacters < 1 || stringCharacters < 1 || entries < 1) {
            throw new IllegalArgumentException("a limit below 1");
        }
        if (depth < 1 || depth > MAX_DEPTH) {
            throw new IllegalArgumentException("a depth of " + depth + ", which is not 1 to " + MAX_DEPTH);
        }
    }
}
