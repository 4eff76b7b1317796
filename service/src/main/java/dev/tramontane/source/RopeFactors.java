package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.kernels.DType;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.GgmlType;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufTensor;
import dev.tramontane.weights.ModelFileException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Divisors of the rotary frequencies: position interpolation (Chen et al., arXiv 2306.15595) as one factor for all, YaRN
 * ({@link GgufStretch}), and Llama 3's by frequency as the tensor {@code rope_freqs.weight}. Either of the first and the
 * last multiply, as in llama.cpp. Other ways to stretch a context (LongRoPE) are refused by name.
 */
final class RopeFactors {
    private static final String TENSOR = "rope_freqs.weight";
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private RopeFactors() {}

    /** [ropeDimensions / 2], or empty when nothing is scaled. */
    static float[] of(GgufFile file, ModelGeometry geometry) {
        HyperParameters keys = new GgufParameters(file, geometry.architecture());
        double factor = linear(keys);
        float[] factors =
                RopeScaling.yarn(geometry).orElseGet(() -> RopeScaling.linear(1, geometry.ropeDimensions() / 2));
        float[] own = RopeScaling.linear(1, factors.length);
        file.find(TENSOR).ifPresent(tensor -> read(tensor, own));
        boolean scaled = false;
        for (int i = 0; i < factors.length; i++) {
            factors[i] = (float) (factors[i] * own[i] * factor);
            scaled |= factors[i] != 1f;
        }
        return scaled ? factors : new float[0];
    }

    private static double linear(HyperParameters keys) {
        // A factor without a type is linear; 0 means none (llama.cpp's reading of old files).
        String type = keys.string("rope.scaling.type", "linear");
        double factor = keys.findReal("rope.scaling.factor")
                .orElse(keys.findReal("rope.scale_linear").orElse(0.0));
        if (type.equals("none") || GgufStretch.isYarn(keys)) {
            return 1;
        }
        if (!type.equals("linear")) {
            throw keys.unsupported(
                    "rope.scaling.type",
                    "the rope scaling " + quoted(type) + " is not computed",
                    "none, linear, yarn, or Llama 3's by the tensor " + TENSOR);
        }
        if (factor < 0 || factor > 1e6) {
            throw keys.fault("rope.scaling.factor", "the value " + factor, "a number from 0 to 1000000");
        }
        return factor == 0 ? 1 : factor;
    }

    private static void read(GgufTensor tensor, float[] factors) {
        if (!tensor.type().equals(GgmlType.of(DType.F32)) || tensor.elements() != factors.length) {
            throw PlannedTensors.fault(
                    tensor, "is " + tensor.elements() + " x " + tensor.type(), factors.length + " x F32");
        }
        for (int i = 0; i < factors.length; i++) {
            factors[i] = tensor.data().get(F32, (long) i * Float.BYTES);
            if (!(factors[i] > 0) || Float.isInfinite(factors[i])) {
                throw ModelFileException.in(
                                tensor.file(), "element " + i + " of tensor " + quoted(TENSOR) + " is " + factors[i])
                        .at(tensor.offset())
                        .expected("a number above 0")
                        .advice(HyperParameters.OTHER_FILE);
            }
        }
    }
}
