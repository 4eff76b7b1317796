package dev.tramontane.model;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.weights.GgmlType;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufTensor;
import dev.tramontane.weights.ModelFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A whole model as a file describes it: geometry, and every tensor with its role, checked in shape and type against the
 * geometry. Made without the kernel library; {@code inspect} needs no more. Immutable; valid while the file is open.
 */
public final class ModelPlan {
    /** Written by old converters and never read by anybody. */
    private static final Pattern IGNORED = Pattern.compile("blk\\.\\d+\\.attn_rot_embd(\\.weight)?");

    private final ModelGeometry geometry;
    private final List<PlannedTensor> tensors;
    private final float[] ropeFactors;

    private ModelPlan(ModelGeometry geometry, List<PlannedTensor> tensors, float[] ropeFactors) {
        this.geometry = geometry;
        this.tensors = List.copyOf(tensors);
        this.ropeFactors = ropeFactors;
    }

    /**
     * Plans the model.
     *
     * @param window attention window of every layer, 0 for none; empty for what the file says
     * @throws ModelFileException naming the key or tensor at fault
     */
    public static ModelPlan of(GgufFile file, OptionalInt window) {
        file.checkRunnable();
        ModelGeometry geometry = GgufGeometry.of(file, window);
        return new ModelPlan(geometry, new Assembly(file, geometry).tensors(), RopeFactors.of(file, geometry));
    }

    public ModelGeometry geometry() {
        return geometry;
    }

    /** Every tensor but the rope factors. */
    List<PlannedTensor> tensors() {
        return tensors;
    }

    /** [ropeDimensions / 2] divisors of the frequencies; empty for none. */
    float[] ropeFactors() {
        return ropeFactors;
    }

    /** Whether the output head is the embedding. */
    public boolean tied() {
        return tensors.stream().noneMatch(tensor -> tensor.role() == TensorRole.OUTPUT);
    }

    /** Finds the tensors of the llama architecture by llama.cpp's names (gguf-py, constants.py). */
    private static final class Assembly {
        private final GgufFile file;
        private final ModelGeometry geometry;
        private final List<PlannedTensor> tensors = new ArrayList<>();
        private final Set<String> names = new HashSet<>();

        Assembly(GgufFile file, ModelGeometry geometry) {
            this.file = file;
            this.geometry = geometry;
        }

        List<PlannedTensor> tensors() {
            long width = geometry.width();
            long vocabulary = geometry.vocabulary();
            long queries = (long) geometry.heads() * geometry.headDim();
            long keys = (long) geometry.kvHeads() * geometry.headDim();
            long ffn = geometry.ffn();
            add("token_embd.weight", TensorRole.TOKEN_EMBEDDING, 0, vocabulary, width);
            add("output_norm.weight", TensorRole.OUTPUT_NORM, 0, 1, width);
            if (file.find("output.weight").isPresent()) {
                add("output.weight", TensorRole.OUTPUT, 0, vocabulary, width);
            }
            for (int layer = 0; layer < geometry.layers(); layer++) {
                String block = "blk." + layer + ".";
                add(block + "attn_norm.weight", TensorRole.ATTENTION_NORM, layer, 1, width);
                add(block + "attn_q.weight", TensorRole.ATTENTION_Q, layer, queries, width);
                add(block + "attn_k.weight", TensorRole.ATTENTION_K, layer, keys, width);
                add(block + "attn_v.weight", TensorRole.ATTENTION_V, layer, keys, width);
                add(block + "attn_output.weight", TensorRole.ATTENTION_OUT, layer, width, queries);
                add(block + "ffn_norm.weight", TensorRole.FFN_NORM, layer, 1, width);
                add(block + "ffn_gate.weight", TensorRole.FFN_GATE, layer, ffn, width);
                add(block + "ffn_up.weight", TensorRole.FFN_UP, layer, ffn, width);
                add(block + "ffn_down.weight", TensorRole.FFN_DOWN, layer, width, ffn);
            }
            names.add("rope_freqs.weight");
            refuseOthers();
            return tensors;
        }

        private void add(String name, TensorRole role, int layer, long rows, long columns) {
            GgufTensor tensor = file.tensor(name);
            boolean vector = rows == 1;
            if (tensor.rows() != rows || tensor.cols() != columns) {
                throw fault(
                        tensor,
                        "is " + shape(tensor.rows(), tensor.cols()),
                        shape(rows, columns) + " (rows x columns) by the metadata");
            }
            DType type = DType.ofNumber(tensor.type().number())
                    .filter(found -> !vector || found == DType.F32)
                    .orElseThrow(() -> fault(
                            tensor,
                            "is " + tensor.type() + ", in which this version does not compute it",
                            vector ? "F32" : "one of " + GgmlType.computedNames()));
            if (columns % type.blockElements() != 0) {
                throw fault(
                        tensor,
                        "is " + type + " in rows of " + columns,
                        "rows of a multiple of " + type.blockElements());
            }
            names.add(name);
            tensors.add(new PlannedTensor(role, layer, type, rows, columns, tensor));
        }

        /** A tensor that nobody uses is a bias, an adapter or another architecture: results without it would be wrong. */
        private void refuseOthers() {
            for (GgufTensor tensor : file.tensors()) {
                if (!names.contains(tensor.name())
                        && !IGNORED.matcher(tensor.name()).matches()) {
                    throw fault(
                            tensor,
                            "has no place in the " + geometry.layers() + " layers of the architecture "
                                    + geometry.architecture(),
                            "only tensors that are computed with");
                }
            }
        }

        private ModelFileException fault(GgufTensor tensor, String found, String expected) {
            return new ModelFileException(
                    file.name(),
                    tensor.offset(),
                    "tensor " + quoted(tensor.name()) + " " + found,
                    expected,
                    HyperParameters.OTHER_FILE);
        }

        private static String shape(long rows, long columns) {
            return rows + " x " + columns;
        }
    }
}
