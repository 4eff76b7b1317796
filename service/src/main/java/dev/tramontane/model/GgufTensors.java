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
import java.util.Set;
import java.util.regex.Pattern;

/** Finds the tensors of the llama architecture by llama.cpp's names (gguf-py, constants.py). */
final class GgufTensors {
    /** Written by old converters and never read by anybody. */
    private static final Pattern IGNORED = Pattern.compile("blk\\.\\d+\\.attn_rot_embd(\\.weight)?");

    private final GgufFile file;
    private final ModelGeometry geometry;
    private final List<PlannedTensor> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    GgufTensors(GgufFile file, ModelGeometry geometry) {
        this.file = file;
        this.geometry = geometry;
    }

    List<PlannedTensor> planned() {
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
                    tensor, "is " + type + " in rows of " + columns, "rows of a multiple of " + type.blockElements());
        }
        names.add(name);
        tensors.add(new PlannedTensor(name, role, layer, 0, type, rows, columns, tensor.data(), new float[0]));
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
