package dev.tramontane.model;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.weights.GgufTensor;

/**
 * A tensor of a file and what it is to the model.
 *
 * @param layer 0 for roles outside layers
 */
record PlannedTensor(TensorRole role, int layer, DType type, long rows, long columns, GgufTensor source) {

    long bytes() {
        return type.bytes(rows, columns);
    }
}
