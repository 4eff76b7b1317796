package dev.tramontane.model;

import java.util.List;

/**
 * Shape of a decoder-only transformer of the Llama and Mistral families.
 *
 * @param architecture the file's word for it ("llama")
 * @param name the model's own name, for people
 * @param layers decoder layers
 * @param width residual width
 * @param heads query heads
 * @param kvHeads key/value heads; divides {@code heads}
 * @param headDim elements of a head (not always {@code width / heads})
 * @param ffn feed-forward width
 * @param vocabulary rows of the embedding
 * @param experts experts per layer; 0 for dense
 * @param expertsUsed experts per token; 0 for dense
 * @param contextLength positions the model was made for
 * @param ropeTheta RoPE base
 * @param ropeHalves true when element i rotates with i + ropeDimensions/2, false when 2i rotates with 2i+1
 * @param ropeDimensions rotated elements of a head
 * @param rmsEpsilon added to the mean square
 * @param groups layers by window; together they name every layer once
 */
public record ModelGeometry(
        String architecture,
        String name,
        int layers,
        int width,
        int heads,
        int kvHeads,
        int headDim,
        int ffn,
        int vocabulary,
        int experts,
        int expertsUsed,
        int contextLength,
        double ropeTheta,
        boolean ropeHalves,
        int ropeDimensions,
        double rmsEpsilon,
        List<LayerGroup> groups) {
    public ModelGeometry {
        groups = List.copyOf(groups);
    }
}
