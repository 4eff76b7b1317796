package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.kernels.Backend;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every form of model file against Hugging Face transformers in float32: log-probabilities of every prompt token, for
 * prompts around the window's length and chunks around it, in a cache that holds no more than window + chunk - 1 tokens
 * and a page. A device rounds activations to eleven bits, beside BF16 weights to eight. That alone, in double, moves log-probabilities
 * by up to 0.06, and by 0.15 where YaRN's magnitude and the queries' scale make scores twice as large; so a device is held to
 * {@link DoubleForward} with its roundings, and that without them to transformers. Prints the largest difference of each model.
 */
@Tag("backends")
final class TransformersOracleTest {
    /** Double accumulation of the same numbers: what is left is the oracle's own float32. */
    private static final double REF_TOLERANCE = 2e-3;

    private static final double CPU_TOLERANCE = 2e-2;

    /** Of the model in double from transformers' float32. */
    private static final double DOUBLE_TOLERANCE = 5e-5;

    /**
     * Of a device from the model in double with a device's roundings, by the root of the mean square of what these change: activations
     * that a sum in another order puts to the other side of a rounding, and what becomes of those. 2.8 and 0.52 were seen.
     */
    private static final double DEVICE_EACH = 4;

    private static final double DEVICE_ALL = 0.7;

    private static final int PAGE = 16;

    static Stream<Arguments> modelsAndBackends() {
        return Kernels.backends()
                .flatMap(backend -> OracleModels.on(backend).map(model -> Arguments.of(model, backend)));
    }

    @ParameterizedTest
    @MethodSource("modelsAndBackends")
    void logProbabilitiesAgree(OracleModels.Sample sample, Backend backend) {
        double worst = 0;
        try (LoadedModel loaded = LoadedModel.load(
                Kernels.library(), ModelSource.open(sample.path()), LoadOptions.on(backend), (done, total) -> {})) {
            Limits limits = Limits.of(backend, sample, loaded);
            for (int chunk : chunks(sample)) {
                double squares = 0;
                int count = 0;
                for (int number = 0; number < sample.cases().size(); number++) {
                    OracleModels.Case prompt = sample.cases().get(number);
                    int length = prompt.logprobs().length;
                    Lanes lanes = new Lanes(
                            loaded.model(),
                            PAGE,
                            rings(loaded.geometry(), length, chunk),
                            1,
                            chunk,
                            CacheType.F32,
                            length);
                    float[] scores = score(lanes, prompt, chunk);
                    for (int i = 0; i < length; i++) {
                        double wanted = limits.expected.get(number)[i];
                        double off = Math.abs(scores[i] - wanted);
                        // Not "greater than": a difference that is not a number must fail, too.
                        assertThat(off <= limits.each)
                                .as(
                                        "%s on %s, %d tokens in chunks of %d: token %d has %.6f, expected %.6f",
                                        sample, backend, length, chunk, i + 1, scores[i], wanted)
                                .isTrue();
                        worst = Math.max(worst, off);
                        squares += off * off;
                        count++;
                    }
                }
                assertThat(Math.sqrt(squares / count))
                        .as("%s on %s in chunks of %d, the root of the mean square", sample, backend, chunk)
                        .isLessThanOrEqualTo(limits.all);
            }
        }
        System.out.printf("%s on %s: largest difference %.1e%n", sample, backend, worst);
    }

    /**
     * What scores are held to.
     *
     * @param expected of each case
     * @param each how far a token may be off
     * @param all how large the root of the mean square may be
     */
    private record Limits(List<double[]> expected, double each, double all) {
        static Limits of(Backend backend, OracleModels.Sample sample, LoadedModel loaded) {
            List<double[]> oracle = sample.cases().stream()
                    .map(prompt -> IntStream.range(0, prompt.logprobs().length)
                            .mapToDouble(i -> prompt.logprobs()[i])
                            .toArray())
                    .toList();
            if (!backend.isDevice()) {
                double tolerance = backend == Backend.REF ? REF_TOLERANCE : CPU_TOLERANCE;
                return new Limits(oracle, tolerance, tolerance);
            }
            ModelPlan plan = loaded.source().plan(OptionalInt.empty());
            DoubleForward exact = new DoubleForward(plan, false);
            DoubleForward rounded = new DoubleForward(plan, true);
            List<double[]> expected = new ArrayList<>();
            double squares = 0;
            int count = 0;
            for (int number = 0; number < oracle.size(); number++) {
                int[] ids = sample.cases().get(number).ids();
                double[] unrounded = exact.logprobs(ids);
                assertThat(unrounded)
                        .as("%s in double", sample)
                        .containsExactly(oracle.get(number), within(DOUBLE_TOLERANCE));
                double[] logprobs = rounded.logprobs(ids);
                expected.add(logprobs);
                for (int i = 0; i < logprobs.length; i++) {
                    squares += (logprobs[i] - unrounded[i]) * (logprobs[i] - unrounded[i]);
                }
                count += logprobs.length;
            }
            double made = Math.sqrt(squares / count);
            return new Limits(expected, DEVICE_EACH * made, DEVICE_ALL * made);
        }
    }

    private static float[] score(Lanes lanes, OracleModels.Case prompt, int chunk) {
        int length = prompt.logprobs().length;
        for (int from = 0; from < length; from += chunk) {
            lanes.step(new Lanes.Chunk(0, prompt.ids(), from, Math.min(chunk, length - from)));
        }
        return lanes.scores(0);
    }

    /** 1, 7, around the window, and the longest prompt at once. */
    private static Iterable<Integer> chunks(OracleModels.Sample sample) {
        int window = sample.window();
        int whole = sample.cases().stream()
                .mapToInt(prompt -> prompt.logprobs().length)
                .max()
                .orElseThrow();
        return new TreeSet<>(List.of(1, 7, window - 1, window, window + 1, whole));
    }

    /** The least rings that the engine would take. */
    private static int[] rings(ModelGeometry geometry, int length, int chunk) {
        return geometry.groups().stream()
                .mapToInt(group -> {
                    int whole = (length + PAGE - 1) / PAGE;
                    return group.window() == 0
                            ? whole
                            : Math.min(whole, (group.window() + chunk - 1 + PAGE - 1) / PAGE + 1);
                })
                .toArray();
    }
}
