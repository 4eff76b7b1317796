package dev.tramontane.load;

import dev.tramontane.model.StageStep;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A step divided into parts that follow each other through a chain of stages, so that several of them compute at a time. A
 * part is consecutive rows: a long span is cut, its later rows are in a later part. What changes in the page tables goes
 * with the first.
 */
final class MicroBatches {
    private final int width;
    private final int leastRows;
    private final List<StageStep> parts = new ArrayList<>();
    private final List<Integer> firstRows = new ArrayList<>();
    private int count;

    /**
     * @param width floats of a row
     * @param leastRows of a part, where a step is divided at all
     */
    MicroBatches(int width, int leastRows) {
        this.width = width;
        this.leastRows = leastRows;
    }

    int count() {
        return count;
    }

    StageStep part(int index) {
        return parts.get(index);
    }

    /** Where a part begins in the whole step. */
    int firstRow(int index) {
        return firstRows.get(index);
    }

    /** The rows of a part among the whole step's in a buffer. */
    ByteBuffer rowsOf(int index, ByteBuffer all) {
        long at = (long) firstRows.get(index) * width * Float.BYTES;
        return all.slice((int) at, (int) parts.get(index).bytes());
    }

    /**
     * Divides a step.
     *
     * @param most parts
     * @param tokens of its rows, looked at in place of the step's own
     */
    void divide(StageStep step, int most, int[] tokens) {
        count = Math.clamp(step.rows() / leastRows, 1, most);
        firstRows.clear();
        int row = 0;
        int span = 0;
        for (int index = 0; index < count; index++) {
            if (index == parts.size()) {
                parts.add(new StageStep(width));
            }
            StageStep part = parts.get(index);
            part.clear();
            firstRows.add(row);
            int end = (int) ((long) step.rows() * (index + 1) / count);
            while (row < end) {
                int offset = row - step.spanFirstRow(span);
                int taken = Math.min(end - row, step.spanRows(span) - offset);
                part.addSpan(step.spanSlot(span), step.spanPosition(span) + offset, step.spanAdapter(span));
                for (int i = 0; i < taken; i++) {
                    int added = part.addRow(tokens[row + i]);
                    if (step.wants(row + i)) {
                        part.want(added);
                    }
                }
                row += taken;
                if (offset + taken == step.spanRows(span)) {
                    span++;
                }
            }
        }
        changes(step, parts.getFirst());
    }

    private static void changes(StageStep step, StageStep first) {
        for (int edit = 0; edit < step.edits(); edit++) {
            first.addEdit(step.editSlot(edit), step.editGroup(edit), step.editIndex(edit), step.editPage(edit));
        }
        for (int copy = 0; copy < step.copies(); copy++) {
            first.addCopy(step.copyGroup(copy), step.copyFrom(copy), step.copyTo(copy));
        }
    }
}
