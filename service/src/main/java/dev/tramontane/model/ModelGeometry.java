package dev.tramontane.model;

import java.util.List;

/**
 * Shape of a decoder-only transformer of the Llama and Mistral families.
 *
 * @param architecture the file's word for it ("llama")
 * @param name the model's own name, for people
 * @param shape sizes of its matrices
 * @param mixture of experts, or {@link Mixture#NONE}
 * @param positions how many, and how they turn heads
 * @param rmsEpsilon added to the mean square
 * @param groups layers by window; together they name every layer once
 */
public record ModelGeometry(
        String architecture,
        String name,
        Shape shape,
        Mixture mixture,
        Positions positions,
        double rmsEpsilon,
        List<LayerGroup> groups) {

    /**
     * @param layers decoder layers
     * @param width residual width
     * @param heads query heads
     * @param kvHeads key/value heads; divides {@code heads}
     * @param headDim elements of a head (not always {@code width / heads})
     * @param ffn feed-forward width
     * @param vocabulary rows of the embedding
     */
    public record Shape(int layers, int width, int heads, int kvHeads, int headDim, int ffn, int vocabulary) {}

    /**
     * @param experts experts per layer; 0 for dense
     * @param used experts per token; 0 for dense
     */
    public record Mixture(int experts, int used) {
        /** A dense model. */
        public static final Mixture NONE = new Mixture(0, 0);
    }

    /**
     * @param contextLength positions the model was made for
     * @param ropeTheta RoPE base
     * @param ropeHalves true when element i rotates with i + ropeDimensions/2, false when 2i rotates with 2i+1
     * @param ropeDimensions rotated elements of a head
     * @param stretch what was done for a longer context
     */
    public record Positions(
            int contextLength, double ropeTheta, boolean ropeHalves, int ropeDimensions, Stretch stretch) {
        /** Of a model whose context was not stretched, or by divisors of its frequencies only. */
        public Positions(int contextLength, double ropeTheta, boolean ropeHalves, int ropeDimensions) {
            this(contextLength, ropeTheta, ropeHalves, ropeDimensions, Stretch.NONE);
        }
    }

    public ModelGeometry {
        groups = List.copyOf(groups);
    }

    /** Bytes of one position's keys and values in one layer. */
    public long layerBytes(CacheType type) {
        return shape.kvHeads * type.headBytes(shape.headDim);
    }

    public int layers() {
        return shape.layers;
    }

    public int width() {
        return shape.width;
    }

    public int heads() {
        return shape.heads;
    }

    public int kvHeads() {
        return shape.kvHeads;
    }

    public int headDim() {
        return shape.headDim;
    }

    public int ffn() {
        return shape.ffn;
    }

    public int vocabulary() {
        return shape.vocabulary;
    }

    public int experts() {
        return mixture.experts;
    }

    public int expertsUsed() {
        return mixture.used;
    }

    public int contextLength() {
        return positions.contextLength;
    }

    public double ropeTheta() {
        return positions.ropeTheta;
    }

    public boolean ropeHalves() {
        return positions.ropeHalves;
    }

    public int ropeDimensions() {
        return positions.ropeDimensions;
    }

    public Stretch stretch() {
        return positions.stretch;
    }
}
