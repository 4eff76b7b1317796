package dev.tramontane.model;

import java.util.List;

/**
 * Layers that share one attention window and so one page table per sequence.
 *
 * @param window tokens a query sees, itself included; 0 for no window
 * @param layers layer numbers, rising
 */
public record LayerGroup(int window, List<Integer> layers) {
    public LayerGroup {
        layers = List.copyOf(layers);
    }
}
