package dev.tramontane.source;

import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor that a model of some geometry is made of, whatever a file format calls it.
 *
 * @param layer 0 for roles outside layers
 * @param expert 0 without experts
 * @param rows outputs; 1 for vectors
 * @param columns inputs
 */
record NeededTensor(TensorRole role, int layer, int expert, long rows, long columns) {

    /**
     * All tensors of a model but the rope factors, in the order in which they are computed with.
     *
     * @param ownHead whether the output head is a tensor of its own and not the embedding
     */
    static List<NeededTensor> of(ModelGeometry geometry, boolean ownHead) {
        List<NeededTensor> needed = new ArrayList<>();
        long width = geometry.width();
        long queries = (long) geometry.heads() * geometry.headDim();
        long keys = (long) geometry.kvHeads() * geometry.headDim();
        needed.add(new NeededTensor(TensorRole.TOKEN_EMBEDDING, 0, 0, geometry.vocabulary(), width));
        needed.add(new NeededTensor(TensorRole.OUTPUT_NORM, 0, 0, 1, width));
        if (ownHead) {
            needed.add(new NeededTensor(TensorRole.OUTPUT, 0, 0, geometry.vocabulary(), width));
        }
        for (int layer = 0; layer < geometry.layers(); layer++) {
            needed.add(new NeededTensor(TensorRole.ATTENTION_NORM, layer, 0, 1, width));
            needed.add(new NeededTensor(TensorRole.ATTENTION_Q, layer, 0, queries, width));
            needed.add(new NeededTensor(TensorRole.ATTENTION_K, layer, 0, keys, width));
            needed.add(new NeededTensor(TensorRole.ATTENTION_V, layer, 0, keys, width));
            needed.add(new NeededTensor(TensorRole.ATTENTION_OUT, layer, 0, width, queries));
            needed.add(new NeededTensor(TensorRole.FFN_NORM, layer, 0, 1, width));
            if (geometry.experts() > 0) {
                needed.add(new NeededTensor(TensorRole.FFN_ROUTER, layer, 0, geometry.experts(), width));
            }
            for (int expert = 0; expert < Math.max(1, geometry.experts()); expert++) {
                needed.add(new NeededTensor(TensorRole.FFN_GATE, layer, expert, geometry.ffn(), width));
                needed.add(new NeededTensor(TensorRole.FFN_UP, layer, expert, geometry.ffn(), width));
                needed.add(new NeededTensor(TensorRole.FFN_DOWN, layer, expert, width, geometry.ffn()));
            }
        }
        return needed;
    }

    /** Whether it is a vector (a norm), which the kernels want in F32. */
    boolean vector() {
        return switch (role) {
            case OUTPUT_NORM, ATTENTION_NORM, FFN_NORM, ROPE_FACTORS -> true;
            default -> false;
        };
    }

    /** Whether each expert has its own. */
    boolean perExpert() {
        return switch (role) {
            case FFN_GATE, FFN_UP, FFN_DOWN -> true;
            default -> false;
        };
    }
}
