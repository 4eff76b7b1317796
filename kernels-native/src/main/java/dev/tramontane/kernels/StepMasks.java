package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * Allow-lists of a step: a bit for each token, set when a sample that uses the list may draw it. Some are there when the step is submitted,
 * late ones are written while it computes. Threads as of {@link StepDescriptor}.
 */
public final class StepMasks {
    private final StepDescriptor step;
    private final StepColumns columns;
    private boolean late;
    private boolean released;

    StepMasks(StepDescriptor step, StepColumns columns) {
        this.step = step;
        this.columns = columns;
    }

    /** Adds an allow-list, a bit per token, and returns its number for {@link StepDescriptor#useMask}. */
    public int add(int[] words) {
        step.filling();
        if (words.length != columns.maskWords) {
            throw new IllegalArgumentException("a mask over " + columns.vocabulary + " tokens has " + columns.maskWords
                    + " words, got " + words.length);
        }
        long at = columns.masks.add(1);
        MemorySegment.copy(words, 0, columns.masks.memory(), JAVA_INT, at, words.length);
        return columns.masks.count() - 1;
    }

    /**
     * Adds an allow-list that is still to be made, and allows nothing until then: by {@link #write}, while the step
     * computes. The step then waits for {@link KernelContext#releaseMasks} before it samples. Returns its number.
     */
    public int addLate() {
        step.filling();
        long at = columns.masks.add(1);
        columns.masks
                .memory()
                .asSlice(at, (long) columns.maskWords * Integer.BYTES)
                .fill((byte) 0);
        late = true;
        return columns.masks.count() - 1;
    }

    /**
     * Writes an allow-list of {@link #add} anew, before the step is submitted.
     *
     * @param words as for {@link #write}
     */
    public void rewrite(int mask, long[] words) {
        step.filling();
        check(mask, words);
        put(mask, words);
    }

    /**
     * Writes a late mask, from submit to release.
     *
     * @param mask of {@link #addLate}
     * @param words bit {@code id % 64} of word {@code id / 64} for each token, set when allowed; not kept
     */
    public void write(int mask, long[] words) {
        check(mask, words);
        step.require(step.lacksMasks(), "computes and waits for its masks");
        put(mask, words);
    }

    private void check(int mask, long[] words) {
        if (words.length != (columns.maskWords + 1) / 2) {
            throw new IllegalArgumentException("a mask over " + columns.vocabulary + " tokens has "
                    + (columns.maskWords + 1) / 2 + " words of 64 bits, got " + words.length);
        }
        if (mask < 0 || mask >= columns.masks.count()) {
            throw new IndexOutOfBoundsException("mask " + mask + " is outside 0.." + (columns.masks.count() - 1));
        }
    }

    private void put(int mask, long[] words) {
        MemorySegment memory = columns.masks.memory();
        long at = (long) mask * columns.maskWords * Integer.BYTES;
        for (int word = 0; word < columns.maskWords; word++) {
            memory.set(JAVA_INT, at + (long) word * Integer.BYTES, (int) (words[word / 2] >>> (32 * (word % 2))));
        }
    }

    void clear() {
        late = false;
        released = false;
    }

    /** Whether some are late. */
    boolean areLate() {
        return late;
    }

    /** Whether some are, and the step was not told that they are written. */
    boolean areMissing() {
        return late && !released;
    }

    void released() {
        released = true;
    }
}
