package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.TensorData;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.PlannedTensor;
import dev.tramontane.source.WeightTypes;
import java.lang.foreign.ValueLayout;

/** Contexts of the kernel library with their weights in place. */
final class Contexts {
    private Contexts() {}

    /**
     * Opens a context for a part of a model, hands it the part's tensors and prepares it.
     *
     * @throws dev.tramontane.model.ModelException what the library refuses, in its words
     */
    static KernelContext open(
            KernelLibrary library,
            ModelPlan plan,
            ModelPart part,
            LoadOptions options,
            KernelContext.Progress progress) {
        return KernelConfigs.asked(() -> {
            KernelContext context = library.open(KernelConfigs.model(plan.geometry(), part, options));
            try {
                for (PlannedTensor tensor : part.tensors(plan)) {
                    set(context, tensor, options);
                }
                if (part.rotates() && plan.ropeFactors().length > 0) {
                    context.setVector(TensorRole.ROPE_FACTORS, 0, plan.ropeFactors());
                }
                context.prepare(progress);
                return context;
            } catch (RuntimeException | Error failure) {
                context.close();
                throw failure;
            }
        });
    }

    private static void set(KernelContext context, PlannedTensor tensor, LoadOptions options) {
        if (!tensor.data().isNative()) {
            // A norm that was converted: its floats lie in the heap.
            float[] values = tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
            context.setVector(tensor.role(), tensor.layer(), values);
            return;
        }
        context.setTensor(new TensorData(
                tensor.role(),
                tensor.layer(),
                tensor.expert(),
                tensor.type(),
                WeightTypes.atLoad(tensor, options.quantize()),
                tensor.rows(),
                tensor.columns(),
                tensor.data(),
                tensor.scales()));
    }
}
