package dev.tramontane.load;

import dev.tramontane.model.ModelException;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageStep;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Hands the parts of a step from stage to stage: each stage takes them in their order, and several compute at a time. No threads of its own. */
final class StageRelay {
    private final List<Stage> stages;
    private final MicroBatches parts;
    private final StageLinks links;

    /** By stage: parts that were started and that are done. */
    private final int[] started;

    private final int[] done;

    /**
     * @param width of the residual stream
     * @param leastRows of a part of a step
     */
    StageRelay(List<Stage> stages, int width, int leastRows) {
        this.stages = stages;
        parts = new MicroBatches(width, leastRows);
        links = new StageLinks(stages.size(), width);
        started = new int[stages.size()];
        done = new int[stages.size()];
    }

    /** Makes room for what goes from stage to stage. Nothing is under way. */
    void size(int maxRows) {
        links.size(maxRows);
    }

    /** Divides a step and starts its first part. */
    void begin(PipelinedBatch step, int[] tokens) {
        parts.divide(step.rows, stages.size(), tokens);
        Arrays.fill(started, 0);
        Arrays.fill(done, 0);
        start(0);
    }

    /** The rows that the last stage has given, once everything is through. */
    ByteBuffer rows() {
        return links.behind(stages.size() - 1);
    }

    private void start(int stage) {
        int index = started[stage];
        StageStep part = parts.part(index);
        part.wantAll(stage < stages.size() - 1);
        part.connect(
                stage == 0 ? null : parts.rowsOf(index, links.behind(stage - 1)),
                parts.rowsOf(index, links.behind(stage)));
        stages.get(stage).submit(part);
        started[stage]++;
    }

    /**
     * Goes on until everything is through the last stage.
     *
     * @param batch that was begun
     * @param begun since when the time counts, as {@link System#nanoTime} has it
     * @return false when the time passed first
     */
    boolean advance(PipelinedBatch batch, long begun, long timeoutNanos) {
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
        return true;
    }

    /** Starts every stage that is at rest and whose next part has come. */
    private void feed(PipelinedBatch batch) {
        int last = stages.size() - 1;
        int part = started[last];
        for (int stage = stages.size() - 1; stage >= 0; stage--) {
            boolean rests = started[stage] == done[stage];
            int come = stage == 0 ? parts.count() : done[stage - 1];
            if (rests && started[stage] < come) {
                start(stage);
            }
        }
        if (last > 0 && started[last] > part) { // All compute meanwhile. What was no number before is none here.
            batch.check.look(parts.part(part), parts.rowsOf(part, links.behind(last - 1)), parts.firstRow(part));
        }
    }

    /** Of a time that began; what means no limit, or not to wait, stays. */
    static long left(long begun, long timeoutNanos) {
        return timeoutNanos <= 0 ? timeoutNanos : Math.max(0, timeoutNanos - (System.nanoTime() - begun));
    }

    /** Lets everything that was started end, whatever becomes of it. */
    void settle() {
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
}
