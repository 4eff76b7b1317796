package dev.tramontane.source;

import static dev.tramontane.source.PlannedTensors.fault;
import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.ModelFileException;
import dev.tramontane.weights.SafetensorsSet;
import dev.tramontane.weights.SafetensorsTensor;
import dev.tramontane.weights.SafetensorsType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the tensors of a model in safetensors files, whatever their layout calls them, and checks shapes and types.
 * Matrices stay in the mapped files; norms become F32. FP8 matrices are taken with the scales of their weights; those of
 * activations are left aside, since activations are not quantised to FP8 here.
 */
final class SafetensorsTensors {
    /** Scales of activations and of caches, and the bounds from which they are computed while running. */
    private static final Set<String> UNUSED_SCALES = Set.of(
            "input_scale",
            "input_scale_ub",
            "activation_scale",
            "output_scale",
            "qscale_act",
            "q_scale",
            "k_scale",
            "v_scale",
            "kv_scale",
            "prob_scale");

    /** Scales of weights: compressed-tensors' and vLLM's, transformers', Mistral's. All are factors. */
    private static final List<String> WEIGHT_SCALES = List.of(".weight_scale", ".weight_scale_inv", ".qscale_weight");

    private final SafetensorsSet files;
    private final TensorNames layout;

    SafetensorsTensors(SafetensorsSet files, TensorNames layout) {
        this.files = files;
        this.layout = layout;
    }

    /** Rows of the embedding: of the head's where a tied model stores that only. */
    int vocabulary() {
        SafetensorsTensor embedding = stored(new NeededTensor(TensorRole.TOKEN_EMBEDDING, 0, 0, 0, 0));
        if (embedding.shape().size() != 2
                || embedding.shape().getFirst() < 1
                || embedding.shape().getFirst() > TransformerShape.MAX_VOCABULARY) {
            throw fault(
                    embedding,
                    "has the shape " + embedding.shape(),
                    "[tokens, width] with at most " + TransformerShape.MAX_VOCABULARY + " tokens");
        }
        return (int) (long) embedding.shape().getFirst();
    }

    /** @param tied whether the head is the embedding where the weights have none of its own */
    List<PlannedTensor> planned(ModelGeometry geometry, boolean tied) {
        PlannedTensors tensors = new PlannedTensors(geometry);
        // A tied model may store both. Where they are the same nothing is lost, and where they differ transformers
        // takes the stored head, too.
        boolean ownHead = !tied
                || (find(TensorRole.OUTPUT).isPresent()
                        && find(TensorRole.TOKEN_EMBEDDING).isPresent())
                || files.isInAbsentFile(name(TensorRole.OUTPUT));
        for (NeededTensor needed : NeededTensor.of(geometry, ownHead)) {
            SafetensorsTensor tensor = stored(needed);
            if (needed.vector()) {
                tensors.add(needed, tensor, DType.F32, vector(needed, tensor), new float[0]);
            } else {
                addMatrix(tensors, needed, tensor);
            }
        }
        refuseAbsent();
        return tensors.of(files.tensors(), this::isUnneeded);
    }

    private String name(TensorRole role) {
        return layout.module(new NeededTensor(role, 0, 0, 0, 0)) + ".weight";
    }

    private Optional<SafetensorsTensor> find(TensorRole role) {
        return files.find(name(role));
    }

    private SafetensorsTensor stored(NeededTensor needed) {
        String name = layout.module(needed) + ".weight";
        Optional<SafetensorsTensor> found = files.find(name);
        if (found.isEmpty() && needed.role() == TensorRole.TOKEN_EMBEDDING) {
            found = find(TensorRole.OUTPUT);
        }
        return found.orElseThrow(() -> files.promised(name)
                .orElseGet(() -> ModelFileException.in(files.name(), "there is no tensor " + quoted(name))
                        .advice("the files are not a whole model of this architecture: download all of them again")));
    }

    /** The elements of a norm in F32. */
    private static MemorySegment vector(NeededTensor needed, SafetensorsTensor tensor) {
        if (!tensor.shape().equals(List.of(needed.columns()))) {
            throw fault(tensor, "has the shape " + tensor.shape(), List.of(needed.columns()) + " by the configuration");
        }
        return MemorySegment.ofArray(
                FloatValues.of(tensor).orElseThrow(() -> fault(tensor, "is " + tensor.type(), "F32, F16 or BF16")));
    }

    private void addMatrix(PlannedTensors tensors, NeededTensor needed, SafetensorsTensor tensor) {
        if (!tensor.shape().equals(List.of(needed.rows(), needed.columns()))) {
            throw fault(
                    tensor,
                    "has the shape " + tensor.shape(),
                    List.of(needed.rows(), needed.columns()) + " by the configuration");
        }
        DType type = FloatValues.type(tensor)
                .orElseThrow(() -> fault(
                        tensor,
                        "is " + tensor.type() + ", in which this version does not compute it",
                        "F32, F16, BF16 or F8_E4M3"));
        float[] scales = new float[0];
        if (tensor.type() == SafetensorsType.F8_E4M3) {
            SafetensorsTensor scale = scale(needed, tensor);
            tensors.uses(scale.name());
            scales = scales(needed, tensor, scale);
        }
        tensors.add(needed, tensor, type, tensor.data(), scales);
    }

    /** The factors of a matrix of F8_E4M3. */
    private SafetensorsTensor scale(NeededTensor needed, SafetensorsTensor tensor) {
        String module = layout.module(needed);
        return WEIGHT_SCALES.stream()
                .map(suffix -> files.find(module + suffix))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow(() ->
                        fault(tensor, "is F8_E4M3 without a scale", "a tensor " + quoted(module + ".weight_scale")));
    }

    /** One scale for the tensor or one for each row. */
    private static float[] scales(NeededTensor needed, SafetensorsTensor tensor, SafetensorsTensor scale) {
        List<Long> shape = scale.shape();
        boolean one = shape.stream().allMatch(size -> size == 1) && shape.size() <= 2;
        boolean rows = shape.equals(List.of(needed.rows(), 1L)) || shape.equals(List.of(needed.rows()));
        if (!one && !rows) {
            throw fault(
                    scale,
                    "has the shape " + shape + " for weights of " + tensor.shape()
                            + ": scales by block are not computed in this version",
                    "one scale, or one for each row");
        }
        float[] values =
                FloatValues.of(scale).orElseThrow(() -> fault(scale, "is " + scale.type(), "F32, F16 or BF16"));
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw fault(scale, "holds " + value, "finite numbers");
            }
        }
        return values;
    }

    /** Refuses weights of which a file is missing that holds more than what results don't depend on. */
    private void refuseAbsent() {
        for (String name : files.promised()) {
            if (files.isInAbsentFile(name) && !isUnneeded(name)) {
                throw files.promised(name).orElseThrow();
            }
        }
    }

    /** Whether results don't depend on a tensor of that name. */
    private boolean isUnneeded(String name) {
        return leavesAside(name) || layout.ignores(name);
    }

    /** Whether a tensor is a scale that is not computed with, in whatever model it is. */
    static boolean leavesAside(String name) {
        return UNUSED_SCALES.contains(name.substring(name.lastIndexOf('.') + 1));
    }
}
