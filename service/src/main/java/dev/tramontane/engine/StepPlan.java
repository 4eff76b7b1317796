package dev.tramontane.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Which sequences compute how many rows in a step. Reused; engine thread only. */
final class StepPlan {
    private @Nullable Sequence[] sequences = new Sequence[16];
    private int[] rows = new int[16];
    private int[] guesses = new int[16];
    private int size;
    private int totalRows;
    private int totalGuesses;

    void clear() {
        Arrays.fill(sequences, 0, size, null);
        size = 0;
        totalRows = 0;
        totalGuesses = 0;
    }

    void add(Sequence sequence, int count) {
        if (size == rows.length) {
            sequences = Arrays.copyOf(sequences, 2 * size);
            rows = Arrays.copyOf(rows, 2 * size);
            guesses = Arrays.copyOf(guesses, 2 * size);
        }
        sequences[size] = sequence;
        guesses[size] = 0;
        rows[size++] = count;
        totalRows += count;
    }

    /** Behind its rows a sequence has so many that are guessed: at least as many as before. */
    void guess(int index, int count) {
        totalRows += count - guesses[index];
        totalGuesses += count - guesses[index];
        guesses[index] = count;
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

    /** Rows of known tokens. */
    int rows(int index) {
        return rows[index];
    }

    /** Rows of guessed tokens behind them. */
    int guesses(int index) {
        return guesses[index];
    }

    int totalGuesses() {
        return totalGuesses;
    }

    /** Of known and guessed tokens. */
    int totalRows() {
        return totalRows;
    }
}
