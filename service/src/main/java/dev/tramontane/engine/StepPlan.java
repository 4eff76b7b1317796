package dev.tramontane.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Which sequences compute how many rows in a step. Reused; engine thread only. */
final class StepPlan {
    private @Nullable Sequence[] sequences = new Sequence[16];
    private int[] rows = new int[16];
    private int size;
    private int totalRows;

    void clear() {
        Arrays.fill(sequences, 0, size, null);
        size = 0;
        totalRows = 0;
    }

    void add(Sequence sequence, int count) {
        if (size == rows.length) {
            sequences = Arrays.copyOf(sequences, 2 * size);
            rows = Arrays.copyOf(rows, 2 * size);
        }
        sequences[size] = sequence;
        rows[size++] = count;
        totalRows += count;
    }

    int size() {
        return size;
    }

    Sequence sequence(int index) {
        Sequence sequence = sequences[index];
        if (sequence == null) {
            throw new IndexOutOfBoundsException(index);
        }
        return sequence;
    }

    int rows(int index) {
        return rows[index];
    }

    int totalRows() {
        return totalRows;
    }
}
