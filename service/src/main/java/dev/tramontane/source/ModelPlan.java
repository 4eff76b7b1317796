package dev.tramontane.source;

import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch.Yarn;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A whole model as its files describe it: geometry, and every tensor with its role, checked in shape and type against the
 * geometry. Made without the kernel library; {@code inspect} needs no more. Immutable; valid while its source is open.
 */
public final class ModelPlan {
    private final ModelGeometry geometry;
    private final List<PlannedTensor> tensors;
    private final float[] ropeFactors;

    ModelPlan(ModelGeometry geometry, List<PlannedTensor> tensors, float[] ropeFactors) {
        this.geometry = geometry;
        this.tensors = List.copyOf(tensors);
        this.ropeFactors = ropeFactors.clone();
    }

    public ModelGeometry geometry() {
        return geometry;
    }

    /** Every tensor but the rope factors. */
    public List<PlannedTensor> tensors() {
        return tensors;
    }

    /** [ropeDimensions / 2] divisors of the frequencies; empty for none. */
    public float[] ropeFactors() {
        return ropeFactors.clone();
    }

    /** The parameters from which alone the rope factors follow, where they do. */
    public Optional<Yarn> yarn() {
        return geometry.stretch()
                .yarn()
                .filter(yarn -> Arrays.equals(
                        ropeFactors, RopeScaling.yarn(geometry.ropeTheta(), geometry.ropeDimensions(), yarn)));
    }

    /** Whether the output head is the embedding. */
    public boolean tied() {
        return tensors.stream().noneMatch(tensor -> tensor.role() == TensorRole.OUTPUT);
    }
}
