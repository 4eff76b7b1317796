package dev.tramontane.load;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelException;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.kernels.StepDescriptor;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageFacts;
import dev.tramontane.model.StageStep;
import dev.tramontane.model.StepBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
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
    private final MicroBatches parts;
    private final StageLinks links;
    private final List<StepDescriptor> steps = new ArrayList<>();

    /** By stage: parts that were started and that are done. */
    private final int[] started;

    private final int[] done;

    private @Nullable CacheShape shape;
    private @Nullable PipelinedBatch inFlight;
    private boolean headStarted;
    private boolean broken;
    private boolean closed;

    /** By slot: what it drew last; -1 for nothing yet. The first stage has no samples, so it can't know. */
    private int[] drawn = new int[0];

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
        parts = new MicroBatches(geometry.width(), leastRows);
        links = new StageLinks(stages.size(), geometry.width());
        started = new int[stages.size()];
        done = new int[stages.size()];
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
        links.size(wanted.maxRows());
        for (Stage stage : stages) {
            stage.sizeCache(wanted);
        }
        KernelConfigs.done(() -> head.sizeCache(KernelConfigs.cache(wanted)));
        shape = wanted;
        drawn = new int[wanted.slots()];
        Arrays.fill(drawn, -1);
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
        parts.divide(made.rows, stages.size(), tokensOf(made));
        Arrays.fill(started, 0);
        Arrays.fill(done, 0);
        headStarted = false;
        start(0, made);
        inFlight = made;
    }

    /** A step's tokens, with those that its slots drew last. */
    private int[] tokensOf(PipelinedBatch batch) {
        int[] ids = new int[batch.rows()];
        for (int span = 0; span < batch.rows.spans(); span++) {
            int first = batch.rows.spanFirstRow(span);
            int slot = batch.rows.spanSlot(span);
            for (int row = first; row < first + batch.rows.spanRows(span); row++) {
                ids[row] = batch.rows.token(row);
                if (ids[row] == StepBatch.PREVIOUS_TOKEN) {
                    if (slot < 0 || slot >= drawn.length || drawn[slot] < 0) {
                        throw new ModelException(
                                "row " + row + " is what slot " + slot + " drew last, which is nothing");
                    }
                    ids[row] = drawn[slot];
                }
            }
        }
        return ids;
    }

    private void start(int stage, PipelinedBatch batch) {
        int index = started[stage];
        StageStep part = parts.part(index);
        part.wantAll(stage < stages.size() - 1);
        part.connect(
                stage == 0 ? null : parts.rowsOf(index, links.behind(stage - 1)),
                parts.rowsOf(index, links.behind(stage)));
        stages.get(stage).submit(part);
        started[stage]++;
        if (stage > 0
                && stage
                        == stages.size()
                                - 1) { // It computes meanwhile. What was no number before is none here, either.
            batch.check.look(part, parts.rowsOf(index, links.behind(stage - 1)), parts.firstRow(index));
        }
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
        for (int sample = 0; sample < batch.samples(); sample++) {
            if (batch.drawnFor(sample) >= 0) {
                drawn[batch.drawnFor(sample)] = batch.resultToken(sample);
            }
        }
        return true;
    }

    private boolean advance(PipelinedBatch batch, long begun, long timeoutNanos) {
        int last = stages.size() - 1;
        while (done[last] < parts.count()) {
            feed(batch);
            int busy = last;
            while (started[busy] == done[busy]) {
                busy--;
            }
            // The one furthest behind: those before it can go on no further than it lets them.
            if (!stages.get(busy).await(left(begun, timeoutNanos))) {
                return false;
            }
            done[busy]++;
        }
        try {
            if (!headStarted) {
                batch.step().connect(links.behind(last), null);
                head.submit(batch.step());
                headStarted = true;
            }
            return head.await(left(begun, timeoutNanos));
        } catch (KernelException | IllegalArgumentException failed) {
            throw KernelConfigs.failure(failed);
        }
    }

    /** Starts every stage that is at rest and whose next part has come. */
    private void feed(PipelinedBatch batch) {
        for (int stage = stages.size() - 1; stage >= 0; stage--) {
            boolean rests = started[stage] == done[stage];
            int come = stage == 0 ? parts.count() : done[stage - 1];
            if (rests && started[stage] < come) {
                start(stage, batch);
            }
        }
    }

    private static long left(long begun, long timeoutNanos) {
        return timeoutNanos <= 0 ? timeoutNanos : Math.max(0, timeoutNanos - (System.nanoTime() - begun));
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
        eachPart(group, to, (stage, part) -> stage.readPage(group, page, part));
    }

    @Override
    public void writePage(int group, int page, ByteBuffer from) {
        eachPart(group, from, (stage, part) -> stage.writePage(group, page, part));
    }

    private interface PagePart {
        void copy(Stage stage, ByteBuffer part);
    }

    /** A page is the stages' parts of it one after the other, as it is of a model in one piece. */
    private void eachPart(int group, ByteBuffer bytes, PagePart copy) {
        if (group < 0 || group >= geometry.groups().size()) {
            throw new ModelException(
                    "group is " + group + ", expected 0.." + (geometry.groups().size() - 1));
        }
        LayerGroup of = geometry.groups().get(group);
        int layerBytes = layerBytes(sized());
        int all = of.layers().size() * layerBytes;
        if (bytes.remaining() != all) {
            throw new ModelException("a page of group " + group + " has " + all + " bytes, got " + bytes.remaining());
        }
        int at = bytes.position();
        for (Stage stage : stages) {
            int own = stage.layers().of(of) * layerBytes;
            if (own > 0) {
                copy.copy(stage, bytes.slice(at, own));
            }
            at += own;
        }
    }

    /** Bytes of a page's keys and values in one layer. */
    private int layerBytes(CacheShape of) {
        return Math.toIntExact(geometry.layerBytes(of.type()) * of.pageTokens());
    }

    @Override
    public void loadAdapter(int number, Adapter adapter) {
        List<Stage> loaded = new ArrayList<>();
        try {
            for (Stage stage : stages) {
                stage.loadAdapter(number, partOf(adapter, stage.layers()));
                loaded.add(stage);
            }
            KernelConfigs.done(() -> head.loadAdapter(number, List.of()));
        } catch (ModelException refused) {
            // What a number means is the same in every stage, or nothing.
            for (Stage stage : loaded) {
                try {
                    stage.dropAdapter(number);
                } catch (ModelException also) {
                    refused.addSuppressed(also);
                }
            }
            throw refused;
        }
    }

    private static Adapter partOf(Adapter adapter, LayerRange layers) {
        return new Adapter(
                adapter.digest(),
                adapter.parts().stream()
                        .filter(part -> layers.contains(part.layer()))
                        .map(part -> part.inLayer(part.layer() - layers.first()))
                        .toList());
    }

    @Override
    public void dropAdapter(int number) {
        for (Stage stage : stages) {
            stage.dropAdapter(number);
        }
        KernelConfigs.done(() -> head.dropAdapter(number));
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
        for (int stage = 0; stage < stages.size(); stage++) {
            if (started[stage] > done[stage]) {
                settle(stages.get(stage));
                done[stage] = started[stage];
            }
        }
    }

    private static void settle(Stage stage) {
        try {
            stage.finish();
        } catch (ModelException lost) {
            // It is sized anew or closed next, which says more.
        }
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
