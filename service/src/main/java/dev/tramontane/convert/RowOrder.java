package dev.tramontane.convert;

import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;

/**
 * In which order the rows of a matrix are written. GGUF's llama architecture rotates elements 2i and 2i + 1 of a head
 * together (RoFormer, arXiv 2104.09864), Hugging Face's files i and i + rotated / 2, so the rows of queries and keys
 * change places within each head.
 *
 * @param headDim rows of a head; 0 when rows stay where they are
 * @param rotated rows of a head that rotate, its first ones
 */
record RowOrder(int headDim, int rotated) {
    /** Rows stay where they are. */
    static final RowOrder SAME = new RowOrder(0, 0);

    static RowOrder of(TensorRole role, ModelGeometry geometry) {
        boolean rotates = role == TensorRole.ATTENTION_Q || role == TensorRole.ATTENTION_K;
        return rotates && geometry.ropeHalves() ? new RowOrder(geometry.headDim(), geometry.ropeDimensions()) : SAME;
    }

    /** Whether rows stay where they are. */
    boolean same() {
        return headDim == 0;
    }

    /** The row of the source that becomes {@code row} of the file. */
    long source(long row) {
        if (same()) {
            return row;
        }
        int element = (int) (row % headDim);
        if (element >= rotated) {
            return row;
        }
        return row - element + element / 2 + (element % 2 == 0 ? 0 : rotated / 2);
    }
}
