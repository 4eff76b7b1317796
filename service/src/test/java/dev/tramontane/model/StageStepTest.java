package dev.tramontane.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class StageStepTest {
    private static final int MANY = 1000;

    private final StageStep step = new StageStep(8);

    @Test
    void givesBackWhatWasAddedHoweverMuch() {
        for (int i = 0; i < MANY; i++) {
            step.addSpan(i, (1L << 40) + i, i % 3);
            assertThat(step.addRow(5 * i)).isEqualTo(i);
            step.addEdit(i, 1, i + 2, i + 3);
            step.addCopy(2, i, i + 4);
        }
        assertThat(step.spans()).isEqualTo(MANY);
        assertThat(step.rows()).isEqualTo(MANY);
        assertThat(step.edits()).isEqualTo(MANY);
        assertThat(step.copies()).isEqualTo(MANY);
        assertThat(step.bytes()).isEqualTo(MANY * 32L);
        for (int i = 0; i < MANY; i++) {
            assertThat(List.of(step.spanSlot(i), step.spanFirstRow(i), step.spanRows(i), step.spanAdapter(i)))
                    .containsExactly(i, i, 1, i % 3);
            assertThat(step.spanPosition(i)).isEqualTo((1L << 40) + i);
            assertThat(step.token(i)).isEqualTo(5 * i);
            assertThat(List.of(step.editSlot(i), step.editGroup(i), step.editIndex(i), step.editPage(i)))
                    .containsExactly(i, 1, i + 2, i + 3);
            assertThat(List.of(step.copyGroup(i), step.copyFrom(i), step.copyTo(i)))
                    .containsExactly(2, i, i + 4);
        }
    }

    @Test
    void rowsBelongToTheSpanBefore() {
        step.addSpan(4, 10, 0);
        step.addRow(1);
        step.addRow(2);
        step.addSpan(2, 7, 1);
        step.addRow(3);
        assertThat(step.spanRows(0)).isEqualTo(2);
        assertThat(step.spanFirstRow(1)).isEqualTo(2);
        assertThat(step.spanRows(1)).isEqualTo(1);
    }

    @Test
    void tellsWhichRowsAreWanted() {
        step.addSpan(0, 0, 0);
        step.addRow(1);
        step.addRow(2);
        step.want(1);
        assertThat(step.wants(0)).isTrue();
        assertThat(step.wanted()).isEqualTo(2);
        step.wantAll(false);
        assertThat(step.wants(0)).isFalse();
        assertThat(step.wants(1)).isTrue();
        assertThat(step.wanted()).isEqualTo(1);
    }

    @Test
    void isEmptyAgainWhenCleared() {
        step.addSpan(0, 0, 0);
        step.want(step.addRow(1));
        step.addEdit(0, 0, 0, 0);
        step.addCopy(0, 0, 1);
        step.wantAll(false);
        step.clear();
        assertThat(List.of(step.spans(), step.rows(), step.edits(), step.copies(), step.wanted()))
                .containsOnly(0);
        assertThatThrownBy(() -> step.spanSlot(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void refusesRowsWithoutASpan() {
        assertThatThrownBy(() -> step.addRow(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void buffersAreDirectAndLittleEndian() {
        assertThatThrownBy(step::output).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> step.connect(null, ByteBuffer.allocate(32)))
                .isInstanceOf(IllegalArgumentException.class);
        ByteBuffer memory = ByteBuffer.allocateDirect(32).order(ByteOrder.BIG_ENDIAN);
        step.connect(null, memory);
        assertThat(step.input()).isNull();
        step.output().putFloat(4, 1f);
        assertThat(memory.get(7)).isEqualTo((byte) 0x3f);
        assertThat(memory.position()).isZero();
    }

    @Test
    void rangesFollowEachOther() {
        List<LayerRange> ranges = LayerRange.ofSizes(List.of(3, 1));
        assertThat(ranges).containsExactly(new LayerRange(0, 3), new LayerRange(3, 4));
        assertThat(ranges.toString()).isEqualTo("[layers 0 to 2, layer 3]");
        assertThat(ranges.get(0).of(new LayerGroup(0, List.of(1, 2, 3)))).isEqualTo(2);
        assertThatThrownBy(() -> LayerRange.ofSizes(List.of(3, 0))).isInstanceOf(IllegalArgumentException.class);
    }
}
