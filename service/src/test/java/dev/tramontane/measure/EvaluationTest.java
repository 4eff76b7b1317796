package dev.tramontane.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.engine.CachePlan;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.load.SequenceLogits;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against slow twins: the definitions applied one token at a time to the logits of whole windows. */
class EvaluationTest {
    private static final int ROWS = 7;

    @TempDir
    Path dir;

    /** Each scored token's distribution, by the definition: all logits of its window up to it, in double. */
    private record Twin(List<double[]> distributions, List<Integer> targets) {
        double perplexity() {
            double sum = 0;
            for (int i = 0; i < targets.size(); i++) {
                sum -= Math.log(distributions.get(i)[targets.get(i)]);
            }
            return Math.exp(sum / targets.size());
        }

        List<Double> divergencesFrom(Twin reference) {
            List<Double> all = new ArrayList<>();
            for (int i = 0; i < targets.size(); i++) {
                double sum = 0;
                for (int id = 0; id < distributions.get(i).length; id++) {
                    double p = reference.distributions.get(i)[id];
                    sum += p * (Math.log(p) - Math.log(distributions.get(i)[id]));
                }
                all.add(sum);
            }
            return all;
        }

        double sameTop(Twin reference) {
            int same = 0;
            for (int i = 0; i < targets.size(); i++) {
                same += top(distributions.get(i)) == top(reference.distributions.get(i)) ? 1 : 0;
            }
            return (double) same / targets.size();
        }

        private static int top(double[] distribution) {
            double most = Arrays.stream(distribution).max().orElseThrow();
            for (int id = 0; id < distribution.length; id++) {
                if (distribution[id] == most) {
                    return id;
                }
            }
            throw new AssertionError("there is no maximum");
        }
    }

    /** @param unscored of every window, or -1 for the tokens that an earlier window scored */
    private static Twin twin(LoadedModel loaded, int[] text, int context, int stride, int unscored, int bos) {
        int vocabulary = loaded.geometry().vocabulary();
        Twin twin = new Twin(new ArrayList<>(), new ArrayList<>());
        int scored = 0;
        for (int begin = 0; begin < text.length; begin += stride) {
            int end = Math.min(begin + context, text.length);
            int[] window = Arrays.copyOfRange(text, begin, end);
            if (bos >= 0) {
                window[0] = bos;
            }
            float[] logits = SequenceLogits.of(loaded, window);
            for (int i = Math.max(1, unscored >= 0 ? unscored : scored - begin); i < window.length; i++) {
                double[] distribution = new double[vocabulary];
                double sum = 0;
                for (int id = 0; id < vocabulary; id++) {
                    distribution[id] = Math.exp(logits[(i - 1) * vocabulary + id]);
                    sum += distribution[id];
                }
                for (int id = 0; id < vocabulary; id++) {
                    distribution[id] /= sum;
                }
                twin.distributions.add(distribution);
                twin.targets.add(window[i]);
            }
            scored = end;
            if (end == text.length) {
                break;
            }
        }
        return twin;
    }

    private static int[] text(int length, int vocabulary) {
        return new Random(7).ints(length, 3, vocabulary).toArray();
    }

    /** Ids as they come, in small pieces. */
    private static TokenSource source(int[] text) {
        int[] at = {0};
        return (into, start, count) -> {
            int part = Math.min(count, text.length - at[0]);
            System.arraycopy(text, at[0], into, start, part);
            at[0] += part;
            return part;
        };
    }

    private static Evaluation.Subject subject(Model model, int context) {
        CacheShape shape = CachePlan.of(
                        model.geometry(),
                        new EngineConfig(
                                new EngineConfig.Step(1, ROWS, 1),
                                new EngineConfig.Cache(16, CacheType.F32, 64 << 20),
                                new EngineConfig.Admission(1, context, 1, 1, 1)))
                .shape();
        return new Evaluation.Subject("the model", model, shape);
    }

    private static Evaluation evaluate(WindowRule rule, LoadedModel model, Optional<LoadedModel> other, int[] text)
            throws IOException {
        Evaluation evaluation = new Evaluation(
                rule,
                subject(model.model(), rule.context()),
                other.map(reference -> subject(reference.model(), rule.context())));
        assertThat(evaluation.run(source(text), () -> false, done -> {})).isTrue();
        return evaluation;
    }

    /** Lengths at, below and above whole windows; strides of one, of a part and of the whole; also with a window. */
    @ParameterizedTest
    @CsvSource({
        "100, 40, 40, -1, -1, 0", "80, 40, 40, -1, -1, 0", "81, 40, 40, -1, -1, 0", "79, 40, 40, -1, -1, 0",
        "100, 40, 20, -1, -1, 0", "60, 16, 1, -1, -1, 0", "100, 33, 5, -1, -1, 16", "30, 40, 40, -1, -1, 0",
        "2, 40, 40, -1, -1, 0", "100, 40, 40, 20, -1, 0", "100, 40, 20, 30, -1, 0", "100, 40, 40, -1, 1, 0",
        "100, 40, 13, -1, 1, 0", "100, 2, 2, -1, -1, 0", "100, 40, 40, -1, -1, 16"
    })
    void perplexityIsTheDefinition(int length, int context, int stride, int unscored, int bos, int window)
            throws IOException {
        TinyModel shape = TinyModel.PLAIN.withWindow(window);
        try (LoadedModel loaded = shape.load(dir, Backend.REF)) {
            int[] text = text(length, loaded.geometry().vocabulary());
            OptionalInt first = bos < 0 ? OptionalInt.empty() : OptionalInt.of(bos);
            WindowRule rule = unscored < 0
                    ? WindowRule.every(context, stride, first)
                    : new WindowRule(context, stride, unscored, true, first);
            Evaluation evaluation = evaluate(rule, loaded, Optional.empty(), text);
            Twin twin = twin(loaded, text, context, stride, unscored, bos);
            assertThat(evaluation.perplexity().tokens())
                    .isEqualTo(twin.targets().size());
            assertThat(evaluation.perplexity().value() / twin.perplexity()).isCloseTo(1, within(1e-6));
            assertThat(evaluation.tokens()).isEqualTo(length);
        }
    }

    @Test
    void aModelIsNotDifferentFromItself() throws IOException {
        Path file = TinyModel.PLAIN.writeTo(dir);
        try (LoadedModel one = load(file, LoadOptions.on(Backend.CPU));
                LoadedModel same = load(file, LoadOptions.on(Backend.CPU))) {
            int[] text = text(150, one.geometry().vocabulary());
            Evaluation evaluation =
                    evaluate(WindowRule.every(64, 32, OptionalInt.empty()), one, Optional.of(same), text);
            assertThat(evaluation.divergence().tokens()).isEqualTo(149);
            assertThat(evaluation.divergence().mean()).isZero();
            assertThat(evaluation.divergence().largest()).isZero();
            assertThat(evaluation.divergence().quantile(0.99)).isZero();
            assertThat(evaluation.divergence().sameTop()).isEqualTo(1);
            assertThat(evaluation.referencePerplexity().value())
                    .isEqualTo(evaluation.perplexity().value());
        }
    }

    private static LoadedModel load(Path file, LoadOptions options) {
        return LoadedModel.load(Kernels.library(), ModelSource.open(file), options, (done, total) -> {});
    }

    @ParameterizedTest
    @CsvSource({"REF, Q4_0", "CPU, Q4_0", "CPU, Q8_0"})
    void aQuantisationDiffersAsTheDefinitionSays(Backend backend, DType type) throws IOException {
        Path file = TinyModel.PLAIN.writeTo(dir);
        LoadOptions options = LoadOptions.on(backend);
        try (LoadedModel rounded = load(file, options.quantizedTo(type));
                LoadedModel exact = load(file, options)) {
            int[] text = text(200, exact.geometry().vocabulary());
            Evaluation evaluation =
                    evaluate(WindowRule.every(64, 64, OptionalInt.empty()), rounded, Optional.of(exact), text);
            Twin model = twin(rounded, text, 64, 64, -1, -1);
            Twin reference = twin(exact, text, 64, 64, -1, -1);
            List<Double> divergences = new ArrayList<>(model.divergencesFrom(reference));
            double mean = divergences.stream()
                    .mapToDouble(Double::doubleValue)
                    .average()
                    .orElseThrow();
            assertThat(mean).isGreaterThan(1e-6);
            assertThat(evaluation.divergence().mean() / mean).isCloseTo(1, within(1e-6));
            Collections.sort(divergences);
            assertThat(evaluation.divergence().largest() / divergences.getLast())
                    .isCloseTo(1, within(1e-6));
            double rank99 = divergences.get((int) Math.ceil(0.99 * divergences.size()) - 1);
            assertThat(evaluation.divergence().quantile(0.99) / rank99).isBetween(0.999, 1.000001);
            assertThat(evaluation.divergence().sameTop()).isEqualTo(model.sameTop(reference));
            assertThat(evaluation.perplexity().value() / model.perplexity()).isCloseTo(1, within(1e-6));
            assertThat(evaluation.referencePerplexity().value() / reference.perplexity())
                    .isCloseTo(1, within(1e-6));
            // It has a direction.
            Evaluation back =
                    evaluate(WindowRule.every(64, 64, OptionalInt.empty()), exact, Optional.of(rounded), text);
            double inverse = reference.divergencesFrom(model).stream()
                    .mapToDouble(Double::doubleValue)
                    .average()
                    .orElseThrow();
            assertThat(back.divergence().mean() / inverse).isCloseTo(1, within(1e-6));
        }
    }

    @Test
    void whatIsScoredBeforeAStopCounts() throws IOException {
        try (LoadedModel loaded = TinyModel.PLAIN.load(dir, Backend.REF)) {
            int[] text = text(100, loaded.geometry().vocabulary());
            Evaluation evaluation = new Evaluation(
                    WindowRule.every(20, 20, OptionalInt.empty()), subject(loaded.model(), 20), Optional.empty());
            List<Long> seen = new ArrayList<>();
            assertThat(evaluation.run(source(text), () -> seen.size() == 4, seen::add))
                    .isFalse();
            assertThat(seen).containsExactly(8L, 15L, 20L, 28L);
            assertThat(evaluation.tokens()).isEqualTo(28);
            Twin twin = twin(loaded, Arrays.copyOf(text, 28), 20, 20, -1, -1);
            assertThat(evaluation.perplexity().tokens()).isEqualTo(26);
            assertThat(evaluation.perplexity().value() / twin.perplexity()).isCloseTo(1, within(1e-6));
        }
    }

    @Test
    void logitsThatAreNoDistributionAreAnError() {
        FakeModel model = FakeModel.of(50, 0);
        model.poison(9);
        Evaluation evaluation =
                new Evaluation(WindowRule.every(20, 20, OptionalInt.empty()), subject(model, 20), Optional.empty());
        assertThatThrownBy(() -> evaluation.run(source(new int[] {4, 5, 6, 9, 7, 8, 4, 3}), () -> false, done -> {}))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("the model gives logits that are not finite for the token after 4 of a window");
    }

    @Test
    void rulesThatMeanNothingAreRefused() {
        assertThatThrownBy(() -> WindowRule.every(1, 1, OptionalInt.empty()))
                .hasMessage("a window has at least 2 tokens, got 1");
        assertThatThrownBy(() -> WindowRule.every(8, 9, OptionalInt.empty()))
                .hasMessage("the stride is 1 to 8, the context, got 9");
        assertThatThrownBy(() -> new WindowRule(8, 4, 3, true, OptionalInt.empty()))
                .hasMessage("of a window's 8 tokens 4 to 7 can be left unscored with a stride of 4, got 3");
        assertThatThrownBy(() -> new WindowRule(8, 4, 8, true, OptionalInt.empty()))
                .hasMessageEndingWith("got 8");
    }

    @Test
    void theStandardErrorIsThatOfTheMean() {
        Perplexity perplexity = new Perplexity();
        double[] values = new Random(3).doubles(1000, -9, 0).toArray();
        for (double value : values) {
            perplexity.add(value);
        }
        double mean = -Arrays.stream(values).average().orElseThrow();
        double variance = Arrays.stream(values)
                        .map(value -> (-value - mean) * (-value - mean))
                        .sum()
                / 999;
        assertThat(perplexity.meanNll()).isCloseTo(mean, within(1e-12));
        assertThat(perplexity.standardError()).isCloseTo(Math.exp(mean) * Math.sqrt(variance / 1000), within(1e-9));
    }
}
