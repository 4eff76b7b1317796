package dev.tramontane.kernels;

import java.util.List;

/**
 * Geometry and placement of a model, or of a part of one: {@code tm_model_config} of tramontane.h, which gives the limits.
 *
 * @param placement what computes
 * @param shape sizes of its matrices
 * @param mixture of experts, or {@link Mixture#NONE}
 * @param rotation of heads by their positions
 * @param rmsEpsilon added to the mean square
 * @param groups layers by window
 * @param parts what it holds beside layers
 */
public record ContextConfig(
        Placement placement,
        Shape shape,
        Mixture mixture,
        Rotation rotation,
        double rmsEpsilon,
        Groups groups,
        Parts parts) {

    /**
     * What a context holds beside its layers.
     *
     * @param embedding whether rows begin as tokens, and not as rows of another context
     * @param head whether they end as logits and samples, and not as rows for another context
     */
    public record Parts(boolean embedding, boolean head) {
        /** Of a whole model. */
        public static final Parts WHOLE = new Parts(true, true);

        static final int EMBEDDING = 1;
        static final int HEAD = 2;

        int number() {
            return (embedding ? EMBEDDING : 0) | (head ? HEAD : 0);
        }
    }

    /** Of a whole model. */
    public ContextConfig(
            Placement placement, Shape shape, Mixture mixture, Rotation rotation, double rmsEpsilon, Groups groups) {
        this(placement, shape, mixture, rotation, rmsEpsilon, groups, Parts.WHOLE);
    }

    /**
     * @param threads compute threads; 0 for as many as the process may use
     * @param device of the backend's, as {@link KernelLibrary#devices} counts them; 0 where it has none
     */
    public record Placement(Backend backend, CpuLevel cpuLevel, int threads, int device) {
        /** The first device, if it is one that computes. */
        public Placement(Backend backend, CpuLevel cpuLevel, int threads) {
            this(backend, cpuLevel, threads, 0);
        }
    }

    public record Shape(int layers, int width, int heads, int kvHeads, int headDim, int ffn, int vocabulary) {}

    /**
     * @param experts of a layer; 0 for dense
     * @param used of them for a token
     */
    public record Mixture(int experts, int used) {
        /** A dense model. */
        public static final Mixture NONE = new Mixture(0, 0);
    }

    /**
     * @param halves true when element i rotates with i + dimensions/2, false when 2i rotates with 2i+1
     * @param dimensions rotated elements of a head
     * @param stretch what else depends on positions
     */
    public record Rotation(boolean halves, int dimensions, double theta, Stretch stretch) {
        /** Of a model whose context was not stretched. */
        public Rotation(boolean halves, int dimensions, double theta) {
            this(halves, dimensions, theta, Stretch.NONE);
        }
    }

    /**
     * What a stretched context takes beside divisors of the frequencies.
     *
     * @param magnitude of the rotated elements of queries and keys (YaRN); 1 for none
     * @param queryBeta queries at position p are multiplied by 1 + queryBeta * ln(1 + floor(p / queryPositions)); 0 for
     *     none
     * @param queryPositions 0 without {@code queryBeta}
     */
    public record Stretch(double magnitude, double queryBeta, int queryPositions) {
        public static final Stretch NONE = new Stretch(1, 0, 0);
    }

    /**
     * @param windows attention window of each group in tokens, the query included; 0 for no window
     * @param ofLayers group of each layer
     */
    public record Groups(List<Integer> windows, List<Integer> ofLayers) {
        public Groups {
            windows = List.copyOf(windows);
            ofLayers = List.copyOf(ofLayers);
            if (windows.isEmpty() || windows.size() > Layouts.MAX_GROUPS) {
                throw new IllegalArgumentException(
                        "a model has 1 to " + Layouts.MAX_GROUPS + " layer groups, got " + windows.size());
            }
            for (int group : ofLayers) {
                if (group < 0 || group >= windows.size()) {
                    throw new IllegalArgumentException(
                            "layer group " + group + " is outside 0.." + (windows.size() - 1));
                }
            }
        }
    }

    public ContextConfig {
        if (groups.ofLayers.size() != shape.layers) {
            throw new IllegalArgumentException(
                    "every one of " + shape.layers + " layers needs a group, got " + groups.ofLayers.size());
        }
    }
}
