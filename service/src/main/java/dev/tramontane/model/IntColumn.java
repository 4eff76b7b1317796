package dev.tramontane.model;

import java.util.Arrays;

/** A growing list of entries of a few numbers each. */
final class IntColumn {
    private final int numbers;
    private int[] values;
    private int count;

    /** @param numbers of an entry */
    IntColumn(int numbers) {
        this.numbers = numbers;
        values = new int[numbers];
    }

    void clear() {
        count = 0;
    }

    int count() {
        return count;
    }

    void add(int... entry) {
        int at = count * numbers;
        if (at == values.length) {
            values = Arrays.copyOf(values, 2 * values.length);
        }
        System.arraycopy(entry, 0, values, at, numbers);
        count++;
    }

    /** Adds 1 to a number of an entry. */
    void bump(int entry, int number) {
        values[entry * numbers + number]++;
    }

    /** @throws IndexOutOfBoundsException when there is no such entry */
    int get(int entry, int number) {
        if (entry < 0 || entry >= count) {
            throw new IndexOutOfBoundsException("entry " + entry + " is outside 0.." + (count - 1));
        }
        return values[entry * numbers + number];
    }
}
