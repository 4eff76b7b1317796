package dev.tramontane.generation;

/**
 * A prompt as ids, with the text that they stand for.
 *
 * @param thinks whether its answers begin within a thought
 */
record PreparedPrompt(int[] ids, String text, boolean thinks) {
    PreparedPrompt(int[] ids, String text) {
        this(ids, text, false);
    }
}
