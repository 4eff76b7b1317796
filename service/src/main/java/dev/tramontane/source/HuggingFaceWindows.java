package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.util.Arrays;
import java.util.List;

/** The attention window of each layer by a {@code config.json}. */
final class HuggingFaceWindows {
    private static final String WINDOW = "sliding_window";
    private static final String LAYERS_BELOW = "max_window_layers";

    private HuggingFaceWindows() {}

    /**
     * Windows in tokens, 0 for none. {@code layer_types} counts wherever it stands: transformers reads it in Ministral
     * only, and advises to use that class for files that have it.
     */
    static int[] of(JsonParameters config, HuggingFaceArchitecture architecture, int layers) {
        int window = window(config, architecture);
        int[] windows = new int[layers];
        List<?> types = config.list("layer_types").orElse(List.of());
        if (config.has("layer_types")) {
            if (types.size() != layers) {
                throw config.fault("layer_types", types.size() + " values", "one for each of " + layers + " layers");
            }
            for (int layer = 0; layer < layers; layer++) {
                windows[layer] = window(config, types.get(layer), window);
            }
            return windows;
        }
        Arrays.fill(windows, window);
        if (config.has(LAYERS_BELOW) && window != 0) {
            if (!config.has("use_sliding_window")) {
                throw config.refusal(
                        LAYERS_BELOW,
                        quoted(LAYERS_BELOW) + " stands without " + quoted("use_sliding_window"),
                        "both or none",
                        "say --window N or --window none");
            }
            int without = config.count(LAYERS_BELOW, 0, TransformerShape.MAX_LAYERS);
            Arrays.fill(windows, 0, Math.min(without, layers), 0);
        }
        return windows;
    }

    private static int window(JsonParameters config, HuggingFaceArchitecture architecture) {
        if (!config.mentions(WINDOW)) {
            return architecture.window();
        }
        if (!config.has(WINDOW) || !config.bool("use_sliding_window", true)) {
            return 0;
        }
        int window = config.count(WINDOW, 1, TransformerShape.MAX_CONTEXT);
        if (architecture == HuggingFaceArchitecture.LLAMA) {
            throw config.refusal(
                    WINDOW,
                    quoted(WINDOW) + " is " + window + ", but " + architecture.word() + " has no windows",
                    "null",
                    "say --window " + window + " or --window none");
        }
        return window;
    }

    private static int window(JsonParameters config, Object type, int window) {
        if ("full_attention".equals(type)) {
            return 0;
        }
        if (!"sliding_attention".equals(type)) {
            throw config.unsupported(
                    "layer_types",
                    quoted("layer_types") + " has " + JsonParameters.shown(type)
                            + ", which this version does not compute",
                    "full_attention and sliding_attention");
        }
        if (window == 0) {
            throw config.fault(WINDOW, "no value", "the window of the layers of sliding_attention");
        }
        return window;
    }
}
