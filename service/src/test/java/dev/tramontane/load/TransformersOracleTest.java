package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every form of model file against Hugging Face transformers in float32: log-probabilities of every prompt token, for
 * prompts around the window's length and chunks around it, in a cache that holds no more than window + chunk - 1 tokens
 * and a page. Prints the largest difference of each model.
 */
@Tag("backends")
final class TransformersOracleTest {
    /** Double accumulation of the same numbers: what is left is the oracle's own float32. */
    private static final double REF_TOLERANCE = 2e-3;

    private static final double CPU_TOLERANCE = 2e-2;

    /** Activations, keys, values and probabilities are rounded to 11 bits. */
    private static final double DEVICE_TOLERANCE = 2.5e-2;

    /** Beside BF16 weights activations are rounded to 8 bits: 0.13 at most, where YaRN's magnitude makes scores larger. */
    private static final double DEVICE_BF16_TOLERANCE = 2e-1;

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
            double tolerance = tolerance(backend, loaded);
            for (int chunk : chunks(sample)) {
                for (OracleModels.Case prompt : sample.cases()) {
                    int length = prompt.logprobs().length;
                    Lanes lanes = new Lanes(
                            loaded.model(), PAGE, rings(loaded.geometry(), length, chunk), 1, chunk, false, length);
                    float[] scores = score(lanes, prompt, chunk);
                    for (int i = 0; i < length; i++) {
                        double off = Math.abs(scores[i] - prompt.logprobs()[i]);
                        // Not "greater than": a difference that is not a number must fail, too.
                        assertThat(off <= tolerance)
                                .as(
                                        "%s on %s, %d tokens in chunks of %d: token %d has %.6f, transformers %.6f",
                                        sample, backend, length, chunk, i + 1, scores[i], prompt.logprobs()[i])
                                .isTrue();
                        worst = Math.max(worst, off);
                    }
                }
            }
        }
        System.out.printf("%s on %s: largest difference %.1e%n", sample, backend, worst);
    }

    private static double tolerance(Backend backend, LoadedModel loaded) {
        if (!backend.isDevice()) {
            return backend == Backend.REF ? REF_TOLERANCE : CPU_TOLERANCE;
        }
        boolean bf16 = loaded.source().plan(OptionalInt.empty()).tensors().stream()
                .anyMatch(tensor -> tensor.role() == TensorRole.ATTENTION_Q && tensor.type() == DType.BF16);
        return bf16 ? DEVICE_BF16_TOLERANCE : DEVICE_TOLERANCE;
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
