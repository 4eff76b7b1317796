package dev.tramontane.source;

import static dev.tramontane.source.PlannedTensors.fault;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.GgmlType;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufTensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds the tensors of the llama architecture by llama.cpp's names (gguf-py, constants.py). The experts of a layer lie in
 * one tensor of three dimensions, in old files in one each.
 */
final class GgufTensors {
    /** Written by old converters and never read by anybody, and the parts for images, which Ollama puts beside. */
    private static final Pattern IGNORED = Pattern.compile("blk\\.\\d+\\.attn_rot_embd(\\.weight)?|(v|mm)\\..*");

    private static final String OUTPUT = "output.weight";

    private final GgufFile file;
    private final ModelGeometry geometry;
    private final PlannedTensors tensors;

    GgufTensors(GgufFile file, ModelGeometry geometry) {
        this.file = file;
        this.geometry = geometry;
        tensors = new PlannedTensors(geometry);
    }

    List<PlannedTensor> planned() {
        for (NeededTensor needed : NeededTensor.of(geometry, file.find(OUTPUT).isPresent())) {
            add(needed);
        }
        tensors.uses("rope_freqs.weight");
        return tensors.of(file.tensors(), name -> IGNORED.matcher(name).matches());
    }

    private void add(NeededTensor needed) {
        boolean expert = geometry.experts() > 0 && needed.perExpert();
        String merged = prefix(needed) + word(needed.role()) + "_exps.weight";
        if (expert && file.find(merged).isPresent()) {
            add(needed, file.tensor(merged), geometry.experts());
        } else {
            String number = expert ? "." + needed.expert() : "";
            add(needed, file.tensor(prefix(needed) + word(needed.role()) + number + ".weight"), 1);
        }
    }

    /** @param parts tensors that lie in it one behind another */
    private void add(NeededTensor needed, GgufTensor tensor, int parts) {
        List<Long> dims = tensor.dims();
        if (tensor.cols() != needed.columns()
                || tensor.rows() != needed.rows() * parts
                || (parts > 1 && (dims.size() != 3 || dims.get(2) != parts))) {
            throw fault(
                    tensor,
                    "is " + shape(tensor.rows(), tensor.cols()),
                    shape(needed.rows() * parts, needed.columns()) + " (rows x columns) by the metadata"
                            + (parts > 1 ? ", those of " + parts + " experts" : ""));
        }
        DType type = tensor.type()
                .computed()
                .filter(found -> !needed.vector() || found == DType.F32)
                .orElseThrow(() -> fault(
                        tensor,
                        "is " + tensor.type() + ", in which this version does not compute it",
                        needed.vector() ? "F32" : "one of " + GgmlType.computedNames()));
        if (needed.columns() % type.blockElements() != 0) {
            throw fault(
                    tensor,
                    "is " + type + " in rows of " + needed.columns(),
                    "rows of a multiple of " + type.blockElements());
        }
        MemorySegment data = parts > 1 ? tensor.slice(needed.expert()).data() : tensor.data();
        tensors.add(needed, tensor, type, data, new float[0]);
    }

    private static String prefix(NeededTensor needed) {
        return needed.role().perLayer() ? "blk." + needed.layer() + "." : "";
    }

    private static String word(TensorRole role) {
        return switch (role) {
            case TOKEN_EMBEDDING -> "token_embd";
            case OUTPUT_NORM -> "output_norm";
            case OUTPUT -> "output";
            case ROPE_FACTORS -> "rope_freqs";
            case ATTENTION_NORM -> "attn_norm";
            case ATTENTION_Q -> "attn_q";
            case ATTENTION_K -> "attn_k";
            case ATTENTION_V -> "attn_v";
            case ATTENTION_OUT -> "attn_output";
            case FFN_NORM -> "ffn_norm";
            case FFN_ROUTER -> "ffn_gate_inp";
            case FFN_GATE -> "ffn_gate";
            case FFN_UP -> "ffn_up";
            case FFN_DOWN -> "ffn_down";
        };
    }

    private static String shape(long rows, long columns) {
        return rows + " x " + columns;
    }
}
