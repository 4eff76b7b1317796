package dev.tramontane.generation;

/**
 * Bounds of the generation floor.
 *
 * @param promptThreads threads that template and tokenize
 * @param promptQueue requests that may wait for them; more are refused as busy
 * @param deliveryThreads threads that detokenize and call subscribers
 * @param ahead tokens that one generation may have in flight or undelivered, all its choices together, however much
 *     its subscriber demands
 * @param scoredEntries most entries of a scored prompt: its tokens times (1 + alternatives)
 */
public record GenerationConfig(int promptThreads, int promptQueue, int deliveryThreads, int ahead, int scoredEntries) {

    /** What serves well on small and large machines. */
    public static final GenerationConfig DEFAULT = new GenerationConfig(2, 256, 2, 256, 1 << 18);

    public GenerationConfig {
        if (promptThreads < 1 || promptQueue < 1 || deliveryThreads < 1 || ahead < 1 || scoredEntries < 1) {
            throw new IllegalArgumentException("generation bounds must be at least 1");
        }
    }
}
