package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.kernels.DType;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.ModelFileException;
import dev.tramontane.weights.WeightTensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Gathers the tensors of a model as a format gives them, and knows which of a file's tensors the model has no place for. */
final class PlannedTensors {
    private final ModelGeometry geometry;
    private final List<PlannedTensor> tensors = new ArrayList<>();
    private final Set<String> used = new HashSet<>();

    PlannedTensors(ModelGeometry geometry) {
        this.geometry = geometry;
    }

    /**
     * Adds a tensor, checked by the format.
     *
     * @param data exactly the bytes that type and shape need: the stored tensor's, a part of them, or converted
     * @param scales factors of the elements: none, one for the tensor, or one for each row
     */
    void add(NeededTensor needed, WeightTensor stored, DType type, MemorySegment data, float[] scales) {
        uses(stored.name());
        tensors.add(new PlannedTensor(
                stored.name(),
                needed.role(),
                needed.layer(),
                needed.expert(),
                type,
                needed.rows(),
                needed.columns(),
                data,
                scales));
    }

    /** Says that the model has a place for a tensor that is none of its matrices and norms. */
    void uses(String name) {
        used.add(name);
    }

    /**
     * The tensors in the order in which they were added. A stored one that nobody uses is a bias, an adapter or another
     * architecture: results without it would be wrong.
     *
     * @param stored all that the files hold
     * @param ignored whether results don't depend on a tensor of that name
     * @throws ModelFileException when the model has no place for one
     */
    List<PlannedTensor> of(Collection<? extends WeightTensor> stored, Predicate<String> ignored) {
        for (WeightTensor tensor : stored) {
            if (!used.contains(tensor.name()) && !ignored.test(tensor.name())) {
                throw fault(
                        tensor,
                        "has no place in the " + geometry.layers() + " layers of the architecture "
                                + geometry.architecture(),
                        "only tensors that are computed with");
            }
        }
        return List.copyOf(tensors);
    }

    /** A fault of a tensor; {@code found} goes on after its name. */
    static ModelFileException fault(WeightTensor tensor, String found, String expected) {
        return ModelFileException.in(tensor.file(), "tensor " + quoted(tensor.name()) + " " + found)
                .at(tensor.offset())
                .expected(expected)
                .advice(HyperParameters.OTHER_FILE);
    }
}
