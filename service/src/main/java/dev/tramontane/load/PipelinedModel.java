package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.kernels.StepDescriptor;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageFacts;
import dev.tramontane.model.StepBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model whose layers are stages of a chain, here or elsewhere, and whose head (output norm, logits, samples) is a context
 * of this process. Its tokens, logits and pages have the bits of the model in one piece (docs/adr/0064). No threads of its
 * own: {@link #submit} starts the first stage, and {@link #await} hands on what is done.
 *
 * <p>A step that the head alone refuses (a sample that makes no sense) is refused in {@link #await}, when the stages have
 * carried it out. After a failure of a stage only {@link #recover} and {@link #sizeCache}, which begin anew, and {@link #close}
 * are of use.
 */
final class PipelinedModel implements HeldModel {
    /** Rows of a part of a step at least: with fewer, reading the weights once more costs what is gained. */
    static final int LEAST_ROWS = 64;

    private final ModelGeometry geometry;
    private final List<Stage> stages;
    private final KernelContext head;
    private final boolean elsewhere;
    private final int[] tokens;
    private final StageRelay relay;
    private final StagedAdapters adapters;
    private final List<StepDescriptor> steps = new ArrayList<>();

    private @Nullable CacheShape shape;
    private @Nullable PipelinedBatch inFlight;
    private boolean headStarted;
    private boolean broken;
    private boolean closed;

    private DrawnTokens drawn = new DrawnTokens(0);

    /**
     * Takes over stages and a prepared head.
     *
     * @param tokens ids that have tokens
     * @param headElsewhere whether the head is computed by something else than this process's compute threads
     * @param leastRows of a part of a step
     * @throws IllegalArgumentException when the stages aren't the model's layers in order
     */
    PipelinedModel(
            ModelGeometry geometry,
            int tokens,
            List<Stage> stages,
            KernelContext head,
            boolean headElsewhere,
            int leastRows) {
        int next = 0;
        for (Stage stage : stages) {
            if (stage.layers().first() != next) {
                throw new IllegalArgumentException(
                        "a stage begins with layer " + stage.layers().first() + ", expected " + next);
            }
            next = stage.layers().end();
        }
        if (next != geometry.layers()) {
            throw new IllegalArgumentException("the stages have " + next + " of " + geometry.layers() + " layers");
        }
        this.geometry = geometry;
        this.stages = List.copyOf(stages);
        this.head = head;
        elsewhere = headElsewhere && stages.stream().allMatch(Stage::computesElsewhere);
        this.tokens = NativeModel.allowed(tokens, geometry.vocabulary());
        relay = new StageRelay(this.stages, geometry.width(), leastRows);
        adapters = new StagedAdapters(this.stages, head);
    }

    @Override
    public ModelGeometry geometry() {
        return geometry;
    }

    /** Where this process's compute threads have a part in a step, whoever tells results meanwhile takes their time. */
    @Override
    public boolean computesElsewhere() {
        return elsewhere;
    }

    @Override
    public MemoryUse memoryUse() {
        MemoryUse sum = head.memoryUse();
        for (Stage stage : stages) {
            if (stage instanceof LocalStage local) {
                sum = sum.plus(local.memoryUse());
            }
        }
        return sum;
    }

    @Override
    public void sizeCache(CacheShape wanted) {
        requireOpen();
        settle();
        relay.size(wanted.maxRows());
        for (Stage stage : stages) {
            stage.sizeCache(wanted);
        }
        KernelConfigs.done(() -> head.sizeCache(KernelConfigs.cache(wanted)));
        shape = wanted;
        drawn = new DrawnTokens(wanted.slots());
        broken = false;
    }

    @Override
    public StepBatch newBatch() {
        StepDescriptor step = head.newStep();
        steps.add(step);
        return new PipelinedBatch(step, tokens, geometry.vocabulary(), geometry.width());
    }

    @Override
    public void submit(StepBatch batch) {
        if (!(batch instanceof PipelinedBatch made) || !steps.contains(made.step())) {
            throw new IllegalArgumentException("a batch is submitted to the model that made it");
        }
        requireOpen();
        if (inFlight != null) {
            throw new IllegalStateException("a step is in flight; await it before the next");
        }
        if (broken) {
            throw new ModelException("the model lost a stage; its cache has to be sized anew");
        }
        int most = sized().maxRows();
        if (made.rows() > most) {
            throw new ModelException("the step has " + made.rows() + " rows, expected at most " + most);
        }
        headStarted = false;
        relay.begin(made, drawn.of(made));
        inFlight = made;
    }

    @Override
    public void releaseMasks() {
        if (inFlight == null) {
            throw new ModelException("no step is in flight whose masks could be released");
        }
        inFlight.releaseMasks();
    }

    @Override
    public boolean await(long timeoutNanos) {
        requireOpen();
        PipelinedBatch batch = inFlight;
        if (batch == null) {
            return true;
        }
        if (batch.lacksMasks()) {
            throw new IllegalStateException("the step waits for its late masks; release them before it is awaited");
        }
        try {
            if (!advance(batch, System.nanoTime(), timeoutNanos)) {
                return false;
            }
        } catch (RuntimeException | Error failure) {
            broken = true;
            inFlight = null;
            throw failure;
        }
        inFlight = null;
        drawn.keep(batch);
        return true;
    }

    private boolean advance(PipelinedBatch batch, long begun, long timeoutNanos) {
        if (!relay.advance(batch, begun, timeoutNanos)) {
            return false;
        }
        try {
            if (!headStarted) {
                batch.step().connect(relay.rows(), null);
                head.submit(batch.step());
                headStarted = true;
            }
            return head.await(StageRelay.left(begun, timeoutNanos));
        } catch (KernelException | IllegalArgumentException failed) {
            throw KernelConfigs.failure(failed);
        }
    }

    @Override
    public void check() {
        stages.forEach(Stage::check);
    }

    @Override
    public List<StageFacts> stages() {
        return stages.stream().map(Stage::facts).toList();
    }

    @Override
    public void onChange(Runnable listener) {
        stages.forEach(stage -> stage.onChange(listener));
    }

    @Override
    public boolean recover() {
        boolean all = true;
        for (Stage stage : stages) {
            all &= stage.recover();
        }
        if (all) {
            sizeCache(sized());
        }
        return all;
    }

    @Override
    public void readPage(int group, int page, ByteBuffer to) {
        new StagedPages(geometry, stages, sized()).read(group, page, to);
    }

    @Override
    public void writePage(int group, int page, ByteBuffer from) {
        new StagedPages(geometry, stages, sized()).write(group, page, from);
    }

    @Override
    public void loadAdapter(int number, Adapter adapter) {
        adapters.load(number, adapter);
    }

    @Override
    public void dropAdapter(int number) {
        adapters.drop(number);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the model is closed");
        }
    }

    private CacheShape sized() {
        if (shape == null) {
            throw new ModelException("the cache has to be sized before a step");
        }
        return shape;
    }

    /** Lets everything that was started end, whatever becomes of it. */
    private void settle() {
        inFlight = null;
        relay.settle();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        settle();
        closed = true;
        stages.forEach(Stage::close);
        head.close();
        steps.forEach(StepDescriptor::close);
        steps.clear();
    }
}
