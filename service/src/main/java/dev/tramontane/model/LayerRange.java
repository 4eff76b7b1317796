package dev.tramontane.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Consecutive layers of a model.
 *
 * @param first the first one's number
 * @param end one past the last one's
 */
public record LayerRange(int first, int end) {
    public LayerRange {
        if (first < 0 || end <= first) {
            throw new IllegalArgumentException("layers go from 0 or more to a later one, got " + first + " to " + end);
        }
    }

    public int size() {
        return end - first;
    }

    public boolean contains(int layer) {
        return layer >= first && layer < end;
    }

    /** How many of a group's layers are here. */
    public int of(LayerGroup group) {
        return (int) group.layers().stream().filter(this::contains).count();
    }

    /**
     * Ranges of these sizes one after the other, from layer 0 on.
     *
     * @throws IllegalArgumentException when a size is below 1
     */
    public static List<LayerRange> ofSizes(List<Integer> sizes) {
        List<LayerRange> ranges = new ArrayList<>();
        int first = 0;
        for (int size : sizes) {
            ranges.add(new LayerRange(first, first + size));
            first += size;
        }
        return ranges;
    }

    /** For people: "layers 0 to 10". */
    @Override
    public String toString() {
        return size() == 1 ? "layer " + first : "layers " + first + " to " + (end - 1);
    }
}
