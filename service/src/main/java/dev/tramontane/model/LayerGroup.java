package dev.tramontane.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Layers that share one attention window and so one page table per sequence.
 *
 * @param window tokens a query sees, itself included; 0 for no window
 * @param layers layer numbers, rising
 */
public record LayerGroup(int window, List<Integer> layers) {
    /** Most groups of a model: {@code TM_MAX_GROUPS} of tramontane.h. */
    public static final int MOST = 8;

    public LayerGroup {
        layers = List.copyOf(layers);
    }

    /**
     * Groups layers by window, the smallest first.
     *
     * @param windows one of each layer
     */
    public static List<LayerGroup> byWindow(int[] windows) {
        Map<Integer, List<Integer>> layersByWindow = new TreeMap<>();
        for (int layer = 0; layer < windows.length; layer++) {
            layersByWindow
                    .computeIfAbsent(windows[layer], window -> new ArrayList<>())
                    .add(layer);
        }
        return layersByWindow.entrySet().stream()
                .map(group -> new LayerGroup(group.getKey(), group.getValue()))
                .toList();
    }
}
