package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.model.StageStep;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MicroBatchesTest {
    private static final int WIDTH = 8;

    private final StageStep step = new StageStep(WIDTH);

    @Test
    void partsTogetherAreTheStepWhateverItsSpans() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            step.clear();
            step.wantAll(false);
            List<String> expected = new ArrayList<>();
            for (int slot = 0; slot < 1 + random.nextInt(9); slot++) {
                step.addSpan(slot, 100L * slot, slot % 3);
                int rows = 1 + random.nextInt(random.nextBoolean() ? 1 : 30);
                for (int i = 0; i < rows; i++) {
                    int row = step.addRow(random.nextInt(1000));
                    if (random.nextInt(4) == 0) {
                        step.want(row);
                    }
                }
            }
            step.addEdit(1, 2, 3, 4);
            step.addCopy(5, 6, 7);
            describe(step, expected);
            int least = 1 + random.nextInt(20);
            int most = 1 + random.nextInt(4);
            MicroBatches parts = new MicroBatches(WIDTH, least);
            parts.divide(step, most, tokens(step));
            assertThat(parts.count()).isEqualTo(Math.clamp(step.rows() / least, 1, most));
            List<String> divided = new ArrayList<>();
            ByteBuffer all = ByteBuffer.allocateDirect((int) step.bytes());
            long bytes = 0;
            for (int index = 0; index < parts.count(); index++) {
                StageStep part = parts.part(index);
                part.wantAll(false);
                assertThat(part.rows()).isGreaterThanOrEqualTo(Math.min(step.rows(), least));
                assertThat(part.edits()).isEqualTo(index == 0 ? 1 : 0);
                assertThat(part.copies()).isEqualTo(index == 0 ? 1 : 0);
                describe(part, divided);
                all.put((int) bytes, (byte) (index + 1));
                assertThat(parts.rowsOf(index, all).get(0)).isEqualTo((byte) (index + 1));
                bytes += parts.rowsOf(index, all).remaining();
            }
            assertThat(bytes).isEqualTo(step.bytes());
            assertThat(divided).as("seed %d", seed).isEqualTo(expected);
            assertThat(parts.part(0).editPage(0)).isEqualTo(4);
            assertThat(parts.part(0).copyTo(0)).isEqualTo(7);
        }
    }

    @Test
    void aPartIsUsedAgain() {
        MicroBatches parts = new MicroBatches(WIDTH, 1);
        for (int rows = 4; rows > 0; rows--) {
            step.clear();
            step.addSpan(0, 0, 0);
            for (int i = 0; i < rows; i++) {
                step.addRow(i);
            }
            parts.divide(step, 2, tokens(step));
            assertThat(parts.count()).isEqualTo(Math.min(2, rows));
            assertThat(parts.part(0).rows()).isEqualTo(Math.max(1, rows / 2));
        }
    }

    private static int[] tokens(StageStep step) {
        int[] tokens = new int[step.rows()];
        for (int row = 0; row < tokens.length; row++) {
            tokens[row] = step.token(row);
        }
        return tokens;
    }

    /** A line for each row: whose it is, and what. */
    private static void describe(StageStep step, List<String> lines) {
        int next = 0;
        for (int span = 0; span < step.spans(); span++) {
            assertThat(step.spanFirstRow(span)).isEqualTo(next);
            for (int i = 0; i < step.spanRows(span); i++) {
                int row = next + i;
                lines.add(step.spanSlot(span) + " at " + (step.spanPosition(span) + i) + " with "
                        + step.spanAdapter(span) + ": " + step.token(row) + (step.wants(row) ? " wanted" : ""));
            }
            next += step.spanRows(span);
        }
        assertThat(next).isEqualTo(step.rows());
    }
}
