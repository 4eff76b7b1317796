package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.kernels.StepDescriptor;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageStep;
import dev.tramontane.source.ModelPlan;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A stage in this process: a context of the kernel library. Rows are read and written where the step says they lie. */
public final class LocalStage implements Stage {
    private final LayerRange layers;
    private final KernelContext context;
    private final boolean elsewhere;
    private final StepDescriptor step;

    private LocalStage(LayerRange layers, KernelContext context, boolean elsewhere) {
        this.layers = layers;
        this.context = context;
        this.elsewhere = elsewhere;
        step = context.newStep();
    }

    /**
     * Loads layers of a model, with the embedding where they are the first. Blocks; the plan's files have to stay open until
     * the stage is closed.
     *
     * @throws ModelException when the kernels cannot run it here
     */
    public static LocalStage load(
            KernelLibrary library,
            ModelPlan plan,
            LayerRange layers,
            LoadOptions options,
            KernelContext.Progress progress) {
        KernelContext context = Contexts.open(library, plan, ModelPart.stage(layers), options, progress);
        return new LocalStage(layers, context, options.backend().isDevice());
    }

    @Override
    public LayerRange layers() {
        return layers;
    }

    @Override
    public boolean computesElsewhere() {
        return elsewhere;
    }

    /** What the kernels hold. */
    public MemoryUse memoryUse() {
        return context.memoryUse();
    }

    @Override
    public void sizeCache(CacheShape shape) {
        asked(() -> context.sizeCache(KernelConfigs.cache(shape.withMaxSamples(0))));
    }

    @Override
    public void submit(StageStep asked) {
        step.clear();
        for (int span = 0; span < asked.spans(); span++) {
            step.addSpan(asked.spanSlot(span), asked.spanPosition(span), asked.spanAdapter(span));
            int first = asked.spanFirstRow(span);
            for (int row = first; row < first + asked.spanRows(span); row++) {
                step.addRow(asked.token(row));
            }
        }
        for (int edit = 0; edit < asked.edits(); edit++) {
            step.addEdit(asked.editSlot(edit), asked.editGroup(edit), asked.editIndex(edit), asked.editPage(edit));
        }
        for (int copy = 0; copy < asked.copies(); copy++) {
            step.addCopy(asked.copyGroup(copy), asked.copyFrom(copy), asked.copyTo(copy));
        }
        asked(() -> {
            step.connect(fromTheFirstByte(asked.input()), fromTheFirstByte(asked.output()));
            context.submit(step);
        });
    }

    private static @Nullable ByteBuffer fromTheFirstByte(@Nullable ByteBuffer rows) {
        return rows == null ? null : rows.duplicate().clear();
    }

    @Override
    public boolean await(long timeoutNanos) {
        try {
            return context.await(timeoutNanos);
        } catch (KernelException failed) {
            throw failure(failed);
        }
    }

    @Override
    public void readPage(int group, int page, ByteBuffer to) {
        asked(() -> context.readPage(group, page, to));
    }

    @Override
    public void writePage(int group, int page, ByteBuffer from) {
        asked(() -> context.writePage(group, page, from));
    }

    @Override
    public void loadAdapter(int number, Adapter adapter) {
        asked(() -> context.loadAdapter(number, KernelConfigs.parts(adapter)));
    }

    @Override
    public void dropAdapter(int number) {
        asked(() -> context.dropAdapter(number));
    }

    @Override
    public void close() {
        context.close();
        step.close();
    }

    private void asked(Runnable call) {
        try {
            call.run();
        } catch (KernelException | IllegalArgumentException refused) {
            throw failure(refused);
        }
    }

    private ModelException failure(RuntimeException refused) {
        return new ModelException(layers + ": " + refused.getMessage(), refused);
    }
}
