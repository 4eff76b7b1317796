package dev.tramontane.model;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * What changes a model for some of its sequences (LoRA: Hu et al., arXiv 2106.09685): to a matrix's outputs it adds scale
 * times b a x. Checked against the model's geometry by who made it.
 *
 * @param digest of all that it consists of: equal ones compute the same
 * @param parts at most one for a matrix, in rising order of layers
 */
public record Adapter(String digest, List<Part> parts) {

    /** Matrices that can be adapted. */
    public enum Matrix {
        Q,
        K,
        V,
        OUT,
        GATE,
        UP,
        DOWN;

        /** What goes into it in a model, and columns of {@code a}. */
        public long columns(ModelGeometry geometry) {
            return switch (this) {
                case Q, K, V, GATE, UP -> geometry.width();
                case OUT -> (long) geometry.heads() * geometry.headDim();
                case DOWN -> geometry.ffn();
            };
        }

        /** What comes out of it in a model, and rows of {@code b}. */
        public long rows(ModelGeometry geometry) {
            return switch (this) {
                case Q -> (long) geometry.heads() * geometry.headDim();
                case K, V -> (long) geometry.kvHeads() * geometry.headDim();
                case OUT, DOWN -> geometry.width();
                case GATE, UP -> geometry.ffn();
            };
        }
    }

    /** Types of its numbers. */
    public enum Type {
        F32,
        F16,
        BF16
    }

    /**
     * Of one matrix.
     *
     * @param rank rows of {@code a}, columns of {@code b}
     * @param halves whether rows of {@code b} for q and k lie as in Hugging Face's files, else as in Mistral's
     * @param a [rank, the matrix's columns], a direct buffer from its position on
     * @param b [the matrix's rows, rank], likewise
     */
    public record Part(
            Matrix matrix,
            int layer,
            int rank,
            float scale,
            boolean halves,
            Type aType,
            ByteBuffer a,
            Type bType,
            ByteBuffer b) {

        /** The same of another layer. */
        public Part inLayer(int other) {
            return new Part(matrix, other, rank, scale, halves, aType, a, bType, b);
        }
    }

    public Adapter {
        parts = List.copyOf(parts);
    }

    /** The largest of its parts'. */
    public int rank() {
        return parts.stream().mapToInt(Part::rank).max().orElse(0);
    }
}
