package dev.tramontane.api.openai;

/**
 * What the served model's files are, for protocols that tell of it.
 *
 * @param format gguf or safetensors
 * @param architecture as in GGUF: llama
 * @param parameters numbers in its tensors
 * @param weights the type that most of its bytes have: Q4_0
 * @param bytes of its files
 * @param onDevice whether its weights are in a device's memory
 * @param digest a SHA-256 in hexadecimal digits that changes when the files do
 */
public record ModelFacts(
        String format,
        String architecture,
        long parameters,
        String weights,
        long bytes,
        boolean onDevice,
        String digest,
        Sizes sizes) {

    /** The transformer's, as in GGUF. */
    public record Sizes(int layers, int width, int feedForward, int heads, int kvHeads, int vocabulary) {}
}
