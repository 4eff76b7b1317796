package dev.tramontane.app;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.PlannedTensor;
import dev.tramontane.source.WeightTypes;
import java.util.Optional;

/**
 * What a step has to read and to multiply at least, whoever computes it: each weight once, in the type it is computed in,
 * and each key and value that a row sees. Of experts as many are counted as rows that choose evenly and independently touch
 * on average.
 *
 * @param shared bytes of the matrices that every step reads
 * @param ofExperts bytes of all experts' matrices
 * @param operations multiplications and additions of a row in the layers' matrices
 * @param eightBit whether all of these are quantised, so that 8-bit products compute them
 */
record StepCost(ModelGeometry geometry, long shared, long ofExperts, double operations, boolean eightBit) {

    static StepCost of(ModelPlan plan, Optional<DType> quantize) {
        ModelGeometry geometry = plan.geometry();
        long shared = 0;
        long ofExperts = 0;
        double operations = 0;
        boolean eightBit = true;
        for (PlannedTensor tensor : plan.tensors()) {
            boolean embedding = tensor.role() == TensorRole.TOKEN_EMBEDDING;
            if (tensor.rows() == 1 || (embedding && !plan.tied())) {
                continue;
            }
            DType type = WeightTypes.atLoad(tensor, quantize);
            long bytes = type.bytes(tensor.rows(), tensor.columns());
            boolean expert = geometry.experts() > 0
                    && switch (tensor.role()) {
                        case FFN_GATE, FFN_UP, FFN_DOWN -> true;
                        default -> false;
                    };
            shared += expert ? 0 : bytes;
            ofExperts += expert ? bytes : 0;
            if (embedding || tensor.role() == TensorRole.OUTPUT) {
                continue; // of a prompt only the last row needs logits
            }
            double share = expert ? (double) geometry.expertsUsed() / geometry.experts() : 1;
            operations += 2.0 * tensor.rows() * tensor.columns() * share;
            eightBit &= !type.unquantised() || tensor.role() == TensorRole.FFN_ROUTER;
        }
        return new StepCost(geometry, shared, ofExperts, operations, eightBit);
    }

    /** Bytes of a step that draws one token of each sequence behind {@code depth} tokens. */
    double decodeBytes(int sequences, int depth, CacheType kv) {
        double untouched = geometry.experts() == 0
                ? 1
                : Math.pow(1 - (double) geometry.expertsUsed() / geometry.experts(), sequences);
        double perLayer = (double) geometry.layerBytes(kv);
        double cache = 0;
        for (LayerGroup group : geometry.groups()) {
            cache += perLayer * group.layers().size() * visible(group, depth);
        }
        return shared + ofExperts * (1 - untouched) + cache * sequences;
    }

    /** Tokens that a row sees behind {@code depth} others, itself included. */
    private static int visible(LayerGroup group, int depth) {
        return group.window() == 0 ? depth + 1 : Math.min(depth + 1, group.window());
    }
}
