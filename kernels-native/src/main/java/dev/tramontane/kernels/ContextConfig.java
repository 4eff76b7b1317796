package dev.tramontane.kernels;

import java.util.List;

/**
 * Geometry and placement of a model: {@code tm_model_config} of tramontane.h, which gives the limits.
 *
 * @param threads compute threads; 0 for as many as the process may use
 * @param experts 0 for dense
 * @param ropeHalves true when element i rotates with i + ropeDimensions/2, false when 2i rotates with 2i+1
 * @param groupWindows attention window of each group in tokens, the query included; 0 for no window
 * @param layerGroups group of each layer
 */
public record ContextConfig(
        Backend backend,
        CpuLevel cpuLevel,
        int threads,
        int layers,
        int width,
        int heads,
        int kvHeads,
        int headDim,
        int ffn,
        int vocabulary,
        int experts,
        int expertsUsed,
        boolean ropeHalves,
        int ropeDimensions,
        double ropeTheta,
        double rmsEpsilon,
        List<Integer> groupWindows,
        List<Integer> layerGroups) {
    public ContextConfig {
        groupWindows = List.copyOf(groupWindows);
        layerGroups = List.copyOf(layerGroups);
        if (groupWindows.isEmpty() || groupWindows.size() > Layouts.MAX_GROUPS) {
            throw new IllegalArgumentException(
                    "a model has 1 to " + Layouts.MAX_GROUPS + " layer groups, got " + groupWindows.size());
        }
        if (layerGroups.size() != layers) {
            throw new IllegalArgumentException(
                    "every one of " + layers + " layers needs a group, got " + layerGroups.size());
        }
        for (int group : layerGroups) {
            if (group < 0 || group >= groupWindows.size()) {
                throw new IllegalArgumentException(
                        "layer group " + group + " is outside 0.." + (groupWindows.size() - 1));
            }
        }
    }
}
