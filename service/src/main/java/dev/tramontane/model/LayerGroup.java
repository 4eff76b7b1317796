package dev.tramontane.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Layers that share one attention window and so one page table per sequence.
 *
 * @param window tokens a query sees, itself included; 0 for no window
 * @param layers layer numbers, rising
 */
public record LayerGroup(int window, List<Integer> layers) {
    /** {@code TM_MAX_GROUPS} of tramontane.h. */
    private static final int MAX_GROUPS = 8;

    public LayerGroup {
        layers = List.copyOf(layers);
    }

    /**
     * Groups layers by window, the smallest first.
     *
     * @param asked one window for all layers in place of what the files say, 0 for none
     * @param said what the files say; asked only when it counts
     * @param key that says it
     */
    static List<LayerGroup> of(int layers, OptionalInt asked, Supplier<int[]> said, HyperParameters says, String key) {
        int[] windows = new int[layers];
        if (asked.isPresent()) {
            Arrays.fill(windows, asked.getAsInt());
        } else {
            windows = said.get();
        }
        Map<Integer, List<Integer>> layersByWindow = new TreeMap<>();
        for (int layer = 0; layer < layers; layer++) {
            layersByWindow
                    .computeIfAbsent(windows[layer], window -> new ArrayList<>())
                    .add(layer);
        }
        if (layersByWindow.size() > MAX_GROUPS) {
            throw says.unsupported(
                    key, "the layers have " + layersByWindow.size() + " different windows", "at most " + MAX_GROUPS);
        }
        return layersByWindow.entrySet().stream()
                .map(group -> new LayerGroup(group.getKey(), group.getValue()))
                .toList();
    }
}
