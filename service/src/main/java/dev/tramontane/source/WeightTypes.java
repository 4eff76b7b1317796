package dev.tramontane.source;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.weights.ModelFileException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * In which type each weight goes when a model is quantised: the same rule for a conversion and at load, so that both
 * give the same logits.
 *
 * <ul>
 *   <li>Norms stay F32, as every reader of GGUF wants them, and a mixture's router too: its few weights decide which
 *       experts run, so an error in them is not small.
 *   <li>The embedding and the output head get 8 bits where the others get fewer: their error reaches every logit
 *       directly, and they are a small part of a large model.
 *   <li>A matrix whose rows are no whole number of blocks becomes F16.
 * </ul>
 */
public final class WeightTypes {
    private WeightTypes() {}

    /**
     * The type of a tensor.
     *
     * @param asked what was asked for
     * @param columns elements of its rows
     */
    public static DType of(TensorRole role, DType asked, long columns) {
        return switch (role) {
            case OUTPUT_NORM, ATTENTION_NORM, FFN_NORM, ROPE_FACTORS, FFN_ROUTER -> DType.F32;
            case TOKEN_EMBEDDING, OUTPUT -> whole(bits(asked) < 8 ? DType.Q8_0 : asked, columns);
            case ATTENTION_Q, ATTENTION_K, ATTENTION_V, ATTENTION_OUT, FFN_GATE, FFN_UP, FFN_DOWN ->
                whole(asked, columns);
        };
    }

    /**
     * The type in which a tensor is computed when the model is loaded: its own, unless it is an unquantised matrix that
     * is to be quantised and its rows are whole blocks.
     */
    public static DType atLoad(PlannedTensor tensor, Optional<DType> asked) {
        boolean matrix = quantised(tensor.role()) && tensor.type().unquantised();
        return asked.filter(type -> matrix && tensor.columns() % type.blockElements() == 0)
                .map(type -> of(tensor.role(), type, tensor.columns()))
                .orElse(tensor.type());
    }

    /** How many matrices {@link #atLoad} rounds to which type. */
    public static Map<DType, Integer> changes(ModelPlan plan, DType asked) {
        Map<DType, Integer> changes = new EnumMap<>(DType.class);
        for (PlannedTensor tensor : plan.tensors()) {
            DType type = atLoad(tensor, Optional.of(asked));
            if (type != tensor.type()) {
                changes.merge(type, 1, Integer::sum);
            }
        }
        return changes;
    }

    /**
     * Refuses to quantise a model that has nothing to quantise: somebody who asks for that has another file in mind.
     *
     * @param file for the message
     * @throws ModelFileException when no matrix would change
     */
    public static void requireChanges(String file, ModelPlan plan, DType asked) {
        if (changes(plan, asked).isEmpty()) {
            String types = plan.tensors().stream()
                    .filter(tensor -> quantised(tensor.role()))
                    .map(tensor -> tensor.type().name())
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(", "));
            throw ModelFileException.in(
                            file, "there is nothing to quantise to " + asked + ": the matrices are " + types)
                    .expected("unquantised weights of another type")
                    .advice("leave --quantize out, or take the model's F16 or BF16 files");
        }
    }

    /** Whether a quantised model has tensors of this role in its quantised type. */
    private static boolean quantised(TensorRole role) {
        return of(role, DType.Q8_0, DType.Q8_0.blockElements()) == DType.Q8_0;
    }

    private static DType whole(DType type, long columns) {
        return columns % type.blockElements() == 0 ? type : DType.F16;
    }

    private static int bits(DType type) {
        return type.blockBytes() * 8 / type.blockElements();
    }
}
