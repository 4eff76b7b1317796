package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.kernels.StepDescriptor;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.StepBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The model in the kernel library. */
final class NativeModel implements HeldModel {
    private final ModelGeometry geometry;
    private final KernelContext context;
    private final boolean elsewhere;

    /** Allows the ids that have tokens; empty when all have. */
    private final int[] tokens;

    /** All that were made: their memory lives as long as the model. */
    private final List<StepDescriptor> steps = new ArrayList<>();

    /**
     * Takes over a prepared context.
     *
     * @param tokens ids that have tokens; those from there to the geometry's vocabulary are never sampled
     * @param elsewhere see {@link HeldModel#computesElsewhere}
     */
    NativeModel(ModelGeometry geometry, int tokens, KernelContext context, boolean elsewhere) {
        this.geometry = geometry;
        this.context = context;
        this.elsewhere = elsewhere;
        this.tokens = allowed(tokens, geometry.vocabulary());
    }

    /**
     * A mask of the ids that have tokens; empty when all have.
     *
     * @param tokens ids that have
     */
    static int[] allowed(int tokens, int vocabulary) {
        return tokens < vocabulary ? first(tokens, vocabulary) : new int[0];
    }

    /** A mask of {@code vocabulary} bits, the first {@code count} of them set. */
    private static int[] first(int count, int vocabulary) {
        int[] mask = new int[(vocabulary + 31) / 32];
        for (int id = 0; id < count; id++) {
            mask[id / 32] |= 1 << id % 32;
        }
        return mask;
    }

    @Override
    public ModelGeometry geometry() {
        return geometry;
    }

    @Override
    public boolean computesElsewhere() {
        return elsewhere;
    }

    @Override
    public void sizeCache(CacheShape shape) {
        KernelConfigs.done(() -> context.sizeCache(KernelConfigs.cache(shape)));
    }

    @Override
    public MemoryUse memoryUse() {
        return context.memoryUse();
    }

    @Override
    public StepBatch newBatch() {
        StepDescriptor step = context.newStep();
        steps.add(step);
        return new NativeBatch(step, tokens);
    }

    @Override
    public void readPage(int group, int page, ByteBuffer to) {
        try {
            context.readPage(group, page, to);
        } catch (KernelException failed) {
            throw KernelConfigs.failure(failed);
        }
    }

    @Override
    public void writePage(int group, int page, ByteBuffer from) {
        try {
            context.writePage(group, page, from);
        } catch (KernelException failed) {
            throw KernelConfigs.failure(failed);
        }
    }

    @Override
    public void loadAdapter(int number, Adapter adapter) {
        KernelConfigs.done(() -> context.loadAdapter(number, KernelConfigs.parts(adapter)));
    }

    @Override
    public void dropAdapter(int number) {
        try {
            context.dropAdapter(number);
        } catch (KernelException refused) {
            throw KernelConfigs.failure(refused);
        }
    }

    @Override
    public void submit(StepBatch batch) {
        if (!(batch instanceof NativeBatch made)) {
            throw new IllegalArgumentException("a batch is submitted to the model that made it");
        }
        try {
            context.submit(made.step());
        } catch (KernelException refused) {
            throw KernelConfigs.failure(refused);
        }
    }

    @Override
    public void releaseMasks() {
        try {
            context.releaseMasks();
        } catch (KernelException failed) {
            throw KernelConfigs.failure(failed);
        }
    }

    @Override
    public boolean await(long timeoutNanos) {
        try {
            return context.await(timeoutNanos);
        } catch (KernelException failed) {
            throw KernelConfigs.failure(failed);
        }
    }

    @Override
    public void close() {
        context.close();
        steps.forEach(StepDescriptor::close);
        steps.clear();
    }
}
