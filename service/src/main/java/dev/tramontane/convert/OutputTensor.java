package dev.tramontane.convert;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.PlannedTensor;
import dev.tramontane.source.WeightTypes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tensor of the file to be written: one matrix, or the matrices of all experts of a layer, one after the other.
 *
 * @param name in llama.cpp's words (gguf-py, constants.py)
 * @param type in the file
 * @param order in which rows of the parts are written
 * @param merged whether there is a third dimension, even for one expert
 * @param parts same role, layer and shape; by expert
 */
record OutputTensor(String name, DType type, RowOrder order, boolean merged, List<PlannedTensor> parts) {

    /** Every tensor of a model but the rope factors, in the order of its layers. */
    static List<OutputTensor> of(ModelPlan plan, DType asked) {
        Map<String, List<PlannedTensor>> byName = new LinkedHashMap<>();
        plan.tensors().stream()
                .sorted(Comparator.comparingInt(OutputTensor::place))
                .forEach(tensor -> byName.computeIfAbsent(name(tensor, plan.geometry()), n -> new ArrayList<>())
                        .add(tensor));
        List<OutputTensor> tensors = new ArrayList<>();
        byName.forEach((name, parts) -> {
            PlannedTensor first = parts.getFirst();
            DType type = WeightTypes.of(first.role(), asked, first.columns());
            parts.sort(Comparator.comparingInt(PlannedTensor::expert));
            tensors.add(new OutputTensor(
                    name,
                    type,
                    RowOrder.of(first.role(), plan.geometry()),
                    perExpert(first.role(), plan.geometry()),
                    List.copyOf(parts)));
        });
        return tensors;
    }

    /** Embedding, head, layers, and what comes last in the model, last. */
    private static int place(PlannedTensor tensor) {
        return switch (tensor.role()) {
            case TOKEN_EMBEDDING -> -2;
            case OUTPUT -> -1;
            case OUTPUT_NORM -> Integer.MAX_VALUE;
            default -> tensor.layer();
        };
    }

    private static boolean perExpert(TensorRole role, ModelGeometry geometry) {
        return geometry.experts() > 0
                && (role == TensorRole.FFN_GATE || role == TensorRole.FFN_UP || role == TensorRole.FFN_DOWN);
    }

    private static String name(PlannedTensor tensor, ModelGeometry geometry) {
        String experts = perExpert(tensor.role(), geometry) ? "_exps" : "";
        String block = "blk." + tensor.layer() + ".";
        String stem = switch (tensor.role()) {
            case TOKEN_EMBEDDING -> "token_embd";
            case OUTPUT -> "output";
            case OUTPUT_NORM -> "output_norm";
            case ROPE_FACTORS -> "rope_freqs";
            case ATTENTION_NORM -> block + "attn_norm";
            case ATTENTION_Q -> block + "attn_q";
            case ATTENTION_K -> block + "attn_k";
            case ATTENTION_V -> block + "attn_v";
            case ATTENTION_OUT -> block + "attn_output";
            case FFN_NORM -> block + "ffn_norm";
            case FFN_ROUTER -> block + "ffn_gate_inp";
            case FFN_GATE -> block + "ffn_gate" + experts;
            case FFN_UP -> block + "ffn_up" + experts;
            case FFN_DOWN -> block + "ffn_down" + experts;
        };
        return stem + ".weight";
    }

    /** Elements per dimension, the fastest first: vectors have one, experts three. */
    long[] dims() {
        PlannedTensor first = parts.getFirst();
        if (merged) {
            return new long[] {first.columns(), first.rows(), parts.size()};
        }
        return vector(first.role()) ? new long[] {first.columns()} : new long[] {first.columns(), first.rows()};
    }

    private static boolean vector(TensorRole role) {
        return role == TensorRole.ATTENTION_NORM || role == TensorRole.FFN_NORM || role == TensorRole.OUTPUT_NORM;
    }

    /** Bytes of one part in the file. */
    long partBytes() {
        return type.bytes(parts.getFirst().rows(), parts.getFirst().columns());
    }
}
