package dev.tramontane.load;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stretch;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.PlannedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * A model in double, as plain as it can be said; with the roundings of a device (docs/adr/0018, docs/adr/0055) if asked for:
 * activations to the type that they are multiplied in but for the router's, queries, keys, values and probabilities to binary16. What a device has then left
 * is the order of its sums, in binary32.
 */
final class DoubleForward {
    private record Place(TensorRole role, int layer, int expert) {}

    private record Matrix(double[] values, int rows, int columns, DType type) {}

    private final ModelPlan plan;
    private final ModelGeometry geometry;
    private final boolean rounded;
    private final Map<Place, Matrix> matrices = new HashMap<>();

    /** Reads all weights; the plan's source may be closed afterwards. */
    DoubleForward(ModelPlan plan, boolean rounded) {
        this.plan = plan;
        this.geometry = plan.geometry();
        this.rounded = rounded;
        for (PlannedTensor tensor : plan.tensors()) {
            matrices.put(new Place(tensor.role(), tensor.layer(), tensor.expert()), read(tensor));
        }
    }

    private static Matrix read(PlannedTensor tensor) {
        int rows = Math.toIntExact(tensor.rows());
        int columns = Math.toIntExact(tensor.columns());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment floats = arena.allocate(ValueLayout.JAVA_FLOAT, (long) rows * columns);
            MemorySegment stored =
                    arena.allocate(tensor.data().byteSize(), Float.BYTES).copyFrom(tensor.data());
            Kernels.library().convert(tensor.type(), stored, DType.F32, floats, rows, columns, tensor.scales());
            double[] values = new double[rows * columns];
            Arrays.setAll(values, i -> floats.getAtIndex(ValueLayout.JAVA_FLOAT, i));
            return new Matrix(values, rows, columns, tensor.type());
        }
    }

    /** Entry i is of id i + 1 after ids 0 to i. */
    double[] logprobs(int[] ids) {
        int length = ids.length - 1;
        double[][] hidden = new double[length][];
        Matrix embedding = matrix(TensorRole.TOKEN_EMBEDDING, 0);
        for (int i = 0; i < length; i++) {
            hidden[i] =
                    Arrays.copyOfRange(embedding.values, ids[i] * embedding.columns, (ids[i] + 1) * embedding.columns);
        }
        for (int layer = 0; layer < geometry.layers(); layer++) {
            attend(hidden, layer);
            feedForward(hidden, layer);
        }
        Matrix head = plan.tied() ? embedding : matrix(TensorRole.OUTPUT, 0);
        double[] logprobs = new double[length];
        for (int i = 0; i < length; i++) {
            double[] logits = product(head, norm(hidden[i], TensorRole.OUTPUT_NORM, 0));
            double largest = Arrays.stream(logits).max().orElseThrow();
            double total = Arrays.stream(logits)
                    .map(logit -> Math.exp(logit - largest))
                    .sum();
            logprobs[i] = logits[ids[i + 1]] - largest - Math.log(total);
        }
        return logprobs;
    }

    private void attend(double[][] hidden, int layer) {
        int headDim = geometry.headDim();
        List<double[]> keys = new ArrayList<>();
        List<double[]> values = new ArrayList<>();
        int window = window(layer);
        for (int i = 0; i < hidden.length; i++) {
            double[] x = norm(hidden[i], TensorRole.ATTENTION_NORM, layer);
            double[] q = product(matrix(TensorRole.ATTENTION_Q, layer), x);
            double[] k = product(matrix(TensorRole.ATTENTION_K, layer), x);
            rotate(q, i);
            rotate(k, i);
            double scale = queryScale(i) / Math.sqrt(headDim);
            // Binary16 holds a query times what makes exp2 of its scores the softmax's exponential.
            apply(q, at -> half(at * scale / Math.log(2)) * Math.log(2));
            apply(k, this::half);
            keys.add(k);
            double[] v = product(matrix(TensorRole.ATTENTION_V, layer), x);
            apply(v, this::half);
            values.add(v);
            double[] attended = new double[geometry.heads() * headDim];
            int from = window == 0 ? 0 : Math.max(0, i - window + 1);
            for (int head = 0; head < geometry.heads(); head++) {
                int at = head / (geometry.heads() / geometry.kvHeads()) * headDim;
                mix(q, head * headDim, keys.subList(from, i + 1), values.subList(from, i + 1), at, attended);
            }
            add(hidden[i], product(matrix(TensorRole.ATTENTION_OUT, layer), attended));
        }
    }

    /** One head of one query: {@code out[of ..]}; its keys' and values' dimensions begin at {@code at}. */
    private void mix(double[] q, int of, List<double[]> keys, List<double[]> values, int at, double[] out) {
        int headDim = geometry.headDim();
        double[] weights = new double[keys.size()];
        for (int j = 0; j < weights.length; j++) {
            for (int d = 0; d < headDim; d++) {
                weights[j] += q[of + d] * keys.get(j)[at + d];
            }
        }
        double largest = Arrays.stream(weights).max().orElseThrow();
        apply(weights, score -> Math.exp(score - largest));
        double total = Arrays.stream(weights).sum();
        for (int j = 0; j < weights.length; j++) {
            for (int d = 0; d < headDim; d++) {
                out[of + d] += half(weights[j]) * values.get(j)[at + d] / total;
            }
        }
    }

    private void feedForward(double[][] hidden, int layer) {
        for (double[] row : hidden) {
            double[] x = norm(row, TensorRole.FFN_NORM, layer);
            double[] sum = new double[row.length];
            double[] shares = geometry.experts() == 0 ? new double[] {1} : shares(x, layer);
            for (int expert = 0; expert < shares.length; expert++) {
                double share = shares[expert];
                if (share > 0) {
                    double[] output = feedForward(x, layer, expert);
                    apply(output, at -> at * share);
                    add(sum, output);
                }
            }
            add(row, sum);
        }
    }

    private double[] feedForward(double[] x, int layer, int expert) {
        double[] gate = product(matrix(TensorRole.FFN_GATE, layer, expert), x);
        double[] up = product(matrix(TensorRole.FFN_UP, layer, expert), x);
        for (int i = 0; i < gate.length; i++) {
            gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
        }
        return product(matrix(TensorRole.FFN_DOWN, layer, expert), gate);
    }

    /** Of each expert in the row's sum, 0 of those that its router doesn't choose (docs/adr/0010). */
    private double[] shares(double[] x, int layer) {
        double[] logits = sums(matrix(TensorRole.FFN_ROUTER, layer), x);
        int[] chosen = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer expert) -> -logits[expert]))
                .limit(geometry.expertsUsed())
                .mapToInt(Integer::intValue)
                .toArray();
        double[] shares = new double[logits.length];
        double total = 0;
        for (int expert : chosen) {
            shares[expert] = Math.exp(logits[expert] - logits[chosen[0]]);
            total += shares[expert];
        }
        for (int expert : chosen) {
            shares[expert] /= total;
        }
        return shares;
    }

    private void rotate(double[] heads, int position) {
        int half = geometry.ropeDimensions() / 2;
        float[] factors = plan.ropeFactors();
        for (int start = 0; start < heads.length; start += geometry.headDim()) {
            for (int i = 0; i < half; i++) {
                double frequency = Math.pow(geometry.ropeTheta(), -2.0 * i / geometry.ropeDimensions());
                double angle = (float) position * (float) (factors.length == 0 ? frequency : frequency / factors[i]);
                int a = start + (geometry.ropeHalves() ? i : 2 * i);
                int b = start + (geometry.ropeHalves() ? i + half : 2 * i + 1);
                double magnitude = geometry.stretch().magnitude();
                double first = magnitude * (heads[a] * Math.cos(angle) - heads[b] * Math.sin(angle));
                heads[b] = magnitude * (heads[a] * Math.sin(angle) + heads[b] * Math.cos(angle));
                heads[a] = first;
            }
        }
    }

    private double queryScale(int position) {
        Stretch stretch = geometry.stretch();
        return stretch.queryBeta() == 0
                ? 1
                : 1 + stretch.queryBeta() * Math.log1p(Math.floorDiv(position, stretch.queryPositions()));
    }

    private int window(int layer) {
        return geometry.groups().stream()
                .filter(group -> group.layers().contains(layer))
                .findFirst()
                .orElseThrow()
                .window();
    }

    private double[] norm(double[] x, TensorRole role, int layer) {
        double[] weight = matrix(role, layer).values;
        double mean = Arrays.stream(x).map(at -> at * at).sum() / x.length;
        double[] y = new double[x.length];
        Arrays.setAll(y, i -> x[i] / Math.sqrt(mean + geometry.rmsEpsilon()) * weight[i]);
        return y;
    }

    /** Of activations in the type that the matrix' products have. */
    private double[] product(Matrix matrix, double[] x) {
        double[] input = x.clone();
        apply(input, matrix.type == DType.BF16 ? this::brain : this::half);
        return sums(matrix, input);
    }

    private static double[] sums(Matrix matrix, double[] input) {
        double[] y = new double[matrix.rows];
        for (int row = 0; row < y.length; row++) {
            for (int i = 0; i < input.length; i++) {
                y[row] += matrix.values[row * matrix.columns + i] * input[i];
            }
        }
        return y;
    }

    private static void add(double[] to, double[] what) {
        Arrays.setAll(to, i -> to[i] + what[i]);
    }

    private static void apply(double[] to, DoubleUnaryOperator what) {
        Arrays.setAll(to, i -> what.applyAsDouble(to[i]));
    }

    private double half(double value) {
        return rounded ? Float.float16ToFloat(Float.floatToFloat16((float) value)) : value;
    }

    /** To eight bits of mantissa, ties to even. */
    private double brain(double value) {
        int bits = Float.floatToRawIntBits((float) value);
        return rounded ? Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000) : value;
    }

    private Matrix matrix(TensorRole role, int layer) {
        return matrix(role, layer, 0);
    }

    private Matrix matrix(TensorRole role, int layer, int expert) {
        return Objects.requireNonNull(
                matrices.get(new Place(role, layer, expert)), () -> role + " of layer " + layer + ", expert " + expert);
    }
}
