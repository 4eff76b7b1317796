package dev.tramontane.load;

import dev.tramontane.kernels.AdapterPart;
import dev.tramontane.kernels.CacheConfig;
import dev.tramontane.kernels.ContextConfig;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/** A model and its cache as the kernel library is told of them. */
final class KernelConfigs {
    private KernelConfigs() {}

    static ContextConfig model(ModelGeometry geometry, ModelPart part, LoadOptions options) {
        List<Integer> windows = new ArrayList<>();
        List<Integer> groupOfLayer = new ArrayList<>(Collections.nCopies(part.layers(), 0));
        for (LayerGroup group : geometry.groups()) {
            for (int layer : group.layers()) {
                if (part.has(layer)) {
                    groupOfLayer.set(layer - part.first(), windows.size());
                }
            }
            windows.add(group.window());
        }
        return new ContextConfig(
                new ContextConfig.Placement(options.backend(), options.cpuLevel(), options.threads(), options.device()),
                shape(geometry.shape(), part.layers()),
                new ContextConfig.Mixture(geometry.experts(), geometry.expertsUsed()),
                new ContextConfig.Rotation(
                        geometry.ropeHalves(),
                        geometry.ropeDimensions(),
                        geometry.ropeTheta(),
                        stretch(geometry.stretch())),
                geometry.rmsEpsilon(),
                new ContextConfig.Groups(windows, groupOfLayer),
                new ContextConfig.Parts(part.embedding(), part.head()));
    }

    private static ContextConfig.Stretch stretch(Stretch stretch) {
        return new ContextConfig.Stretch(stretch.magnitude(), stretch.queryBeta(), stretch.queryPositions());
    }

    private static ContextConfig.Shape shape(ModelGeometry.Shape shape, int layers) {
        return new ContextConfig.Shape(
                layers,
                shape.width(),
                shape.heads(),
                shape.kvHeads(),
                shape.headDim(),
                shape.ffn(),
                shape.vocabulary());
    }

    static CacheConfig cache(CacheShape shape) {
        return new CacheConfig(
                type(shape.type()),
                shape.pageTokens(),
                shape.slots(),
                shape.maxRows(),
                shape.maxSpans(),
                shape.maxSamples(),
                shape.groups().stream().map(CacheShape.Group::pages).toList(),
                shape.groups().stream().map(CacheShape.Group::ring).toList(),
                new CacheConfig.AdapterRoom(
                        shape.adapters().most(),
                        shape.adapters().rank(),
                        type(shape.adapters().type())));
    }

    static List<AdapterPart> parts(Adapter adapter) {
        return adapter.parts().stream()
                .map(part -> new AdapterPart(
                        role(part.matrix()),
                        part.layer(),
                        part.rank(),
                        part.scale(),
                        part.halves(),
                        type(part.aType()),
                        MemorySegment.ofBuffer(part.a()),
                        type(part.bType()),
                        MemorySegment.ofBuffer(part.b())))
                .toList();
    }

    private static DType type(CacheType type) {
        return switch (type) {
            case F32 -> DType.F32;
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            case FP8 -> DType.F8_E4M3;
        };
    }

    private static DType type(Adapter.Type type) {
        return switch (type) {
            case F32 -> DType.F32;
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
        };
    }

    private static TensorRole role(Adapter.Matrix matrix) {
        return switch (matrix) {
            case Q -> TensorRole.ATTENTION_Q;
            case K -> TensorRole.ATTENTION_K;
            case V -> TensorRole.ATTENTION_V;
            case OUT -> TensorRole.ATTENTION_OUT;
            case GATE -> TensorRole.FFN_GATE;
            case UP -> TensorRole.FFN_UP;
            case DOWN -> TensorRole.FFN_DOWN;
        };
    }

    /**
     * Asks the library.
     *
     * @throws ModelException what it refuses, in its words
     */
    static <T> T asked(Supplier<T> question) {
        try {
            return question.get();
        } catch (KernelException refused) {
            throw failure(refused);
        }
    }

    /**
     * Has the library do something.
     *
     * @throws ModelException what it refuses, in its words
     */
    static void done(Runnable work) {
        try {
            work.run();
        } catch (KernelException | IllegalArgumentException refused) {
            throw failure(refused);
        }
    }

    /** A refusal or a failure of the library as those above know it. */
    static ModelException failure(RuntimeException refused) {
        return new ModelException(String.valueOf(refused.getMessage()), refused);
    }
}
