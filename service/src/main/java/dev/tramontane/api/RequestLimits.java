package dev.tramontane.api;

/**
 * What one request may ask for at most, beyond the model's own limits.
 *
 * @param choices answers to one prompt (n)
 * @param prompts prompts of one request
 * @param parallelPrompts of these, generated at the same time
 * @param stopStrings stop strings
 * @param stopCharacters characters of each stop string
 * @param biases entries of logit_bias
 * @param messages turns of a chat
 * @param tokens ids to turn into text, and ids that a text may turn into, where nothing is generated
 */
public record RequestLimits(
        int choices,
        int prompts,
        int parallelPrompts,
        int stopStrings,
        int stopCharacters,
        int biases,
        int messages,
        int tokens) {

    public static final RequestLimits DEFAULT = new RequestLimits(8, 256, 16, 16, 256, 1024, 4096, 1 << 20);

    public RequestLimits {
        if (choices < 1 || prompts < 1 || parallelPrompts < 1 || messages < 1 || tokens < 1) {
            throw new IllegalArgumentException(
                    "a request must be allowed one choice, prompt, message and token at least");
        }
    }
}
