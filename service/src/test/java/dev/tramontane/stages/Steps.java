package dev.tramontane.stages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageStep;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;

/** Steps of a cache of two groups, and their results on two stages compared. */
final class Steps {
    static final CacheShape SHAPE = new CacheShape(
            16, 4, 40, 4, 8, CacheType.F16, List.of(new CacheShape.Group(24, 6), new CacheShape.Group(16, 4)));

    static final int WIDTH = 8;

    private Steps() {}

    static ByteBuffer room() {
        return ByteBuffer.allocateDirect(SHAPE.maxRows() * WIDTH * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Every slot gets its pages. */
    static void fill(StageStep step, SplittableRandom random, boolean first, long position) {
        step.clear();
        step.wantAll(false);
        int slots = 1 + random.nextInt(SHAPE.slots());
        for (int slot = 0; slot < slots; slot++) {
            for (int group = 0; group < 2; group++) {
                int ring = SHAPE.groups().get(group).ring();
                for (int index = 0; index < ring; index++) {
                    step.addEdit(slot, group, index, slot * ring + index);
                }
            }
            step.addSpan(slot, position, 0);
            int rows = 1 + random.nextInt(10);
            for (int row = 0; row < rows; row++) {
                int number = step.addRow(random.nextInt(100));
                if (random.nextInt(3) > 0) {
                    step.want(number);
                }
            }
        }
        if (random.nextBoolean()) {
            step.addCopy(0, 0, 1);
        }
        ByteBuffer input = first ? null : room();
        for (int i = 0; input != null && i < step.rows() * WIDTH; i++) {
            input.putFloat(i * Float.BYTES, random.nextInt(1000) / 8f);
        }
        step.connect(input, room());
    }

    /** Both compute the same, bit for bit, over some steps and a page that was read and written. */
    static void assertSame(Stage one, Stage other, LayerRange layers, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        StageStep step = new StageStep(WIDTH);
        for (int round = 0; round < 6; round++) {
            SplittableRandom again = random.split();
            long position = round * 10L;
            ByteBuffer expected = run(one, step, again.split(), layers, position);
            ByteBuffer actual = run(other, step, new SplittableRandom(0), layers, -1);
            for (int row = 0; row < step.rows(); row++) {
                if (step.wants(row)) {
                    int bytes = WIDTH * Float.BYTES;
                    assertThat(actual.slice(row * bytes, bytes)).isEqualTo(expected.slice(row * bytes, bytes));
                }
            }
        }
        int group = layers.first() >= 2 ? 1 : 0;
        ByteBuffer page = ByteBuffer.allocateDirect(2 * 2 * 4 * 16 * 2);
        one.readPage(group, 2, page);
        ByteBuffer same = ByteBuffer.allocateDirect(page.capacity());
        other.readPage(group, 2, same);
        assertThat(same).isEqualTo(page);
        other.writePage(group, 5, page);
        other.readPage(group, 5, same);
        assertThat(same).isEqualTo(page);
    }

    /** @param position -1 for the step as it is */
    private static ByteBuffer run(
            Stage stage, StageStep step, SplittableRandom random, LayerRange layers, long position) {
        if (position >= 0) {
            fill(step, random, layers.first() == 0, position);
        } else {
            step.connect(step.input(), room());
        }
        stage.submit(step);
        finish(stage);
        return step.output();
    }

    static void finish(Stage stage) {
        boolean done = false;
        while (!done) {
            done = stage.await(1_000_000);
        }
    }
}
