package dev.tramontane.load;

import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.PlannedTensor;
import java.util.List;
import java.util.stream.Stream;

/**
 * What of a model one context of the kernel library holds: layers from {@code first} to before {@code end}, and what else.
 *
 * @param embedding whether rows begin there as tokens
 * @param head whether they end there as logits and samples
 */
record ModelPart(int first, int end, boolean embedding, boolean head) {

    static ModelPart whole(ModelGeometry geometry) {
        return new ModelPart(0, geometry.layers(), true, true);
    }

    /** A link of a chain. */
    static ModelPart stage(LayerRange layers) {
        return new ModelPart(layers.first(), layers.end(), layers.first() == 0, false);
    }

    /** The end of a chain. */
    static ModelPart head(ModelGeometry geometry) {
        return new ModelPart(geometry.layers(), geometry.layers(), false, true);
    }

    int layers() {
        return end - first;
    }

    boolean isWhole() {
        return embedding && head;
    }

    /** Whether the rotary frequencies are needed. */
    boolean rotates() {
        return layers() > 0;
    }

    boolean has(int layer) {
        return layer >= first && layer < end;
    }

    /** The tensors of a plan that belong here, with layers counted from the first one; a tied head has the embedding's data. */
    List<PlannedTensor> tensors(ModelPlan plan) {
        return plan.tensors().stream()
                .flatMap(tensor -> of(tensor, plan.tied()))
                .toList();
    }

    private Stream<PlannedTensor> of(PlannedTensor tensor, boolean tied) {
        if (tensor.role().perLayer()) {
            boolean here = has(tensor.layer());
            return here ? Stream.of(as(tensor, tensor.role(), tensor.layer() - first)) : Stream.empty();
        }
        if (tensor.role() == TensorRole.TOKEN_EMBEDDING) {
            return embedding
                    ? Stream.of(tensor)
                    : head && tied ? Stream.of(as(tensor, TensorRole.OUTPUT, 0)) : Stream.empty();
        }
        return head ? Stream.of(tensor) : Stream.empty();
    }

    private static PlannedTensor as(PlannedTensor tensor, TensorRole role, int layer) {
        return new PlannedTensor(
                tensor.name(),
                role,
                layer,
                tensor.expert(),
                tensor.type(),
                tensor.rows(),
                tensor.columns(),
                tensor.data(),
                tensor.scales());
    }
}
