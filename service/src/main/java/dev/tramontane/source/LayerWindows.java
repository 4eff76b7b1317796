package dev.tramontane.source;

import dev.tramontane.model.LayerGroup;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** Attention windows of a model's layers: what its files say, or what the operator asks for instead. */
final class LayerWindows {
    private LayerWindows() {}

    /**
     * Groups layers by window.
     *
     * @param asked one window for all layers in place of what the files say, 0 for none
     * @param said what the files say, one window a layer; asked only when it counts
     * @param key that says it
     * @throws dev.tramontane.weights.ModelFileException when there are more different windows than the kernels keep apart
     */
    static List<LayerGroup> groups(
            int layers, OptionalInt asked, Supplier<int[]> said, HyperParameters says, String key) {
        int[] windows = new int[layers];
        if (asked.isPresent()) {
            Arrays.fill(windows, asked.getAsInt());
        } else {
            windows = said.get();
        }
        List<LayerGroup> groups = LayerGroup.byWindow(windows);
        if (groups.size() > LayerGroup.MOST) {
            throw says.unsupported(
                    key, "the layers have " + groups.size() + " different windows", "at most " + LayerGroup.MOST);
        }
        return groups;
    }
}
