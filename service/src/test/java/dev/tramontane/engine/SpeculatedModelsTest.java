package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On the kernels: guessed ahead, rightly and wrongly, answers have the bits of plain decoding, with a window that they cross many times. */
@Tag("backends")
final class SpeculatedModelsTest {
    private static final int WINDOW = 24;

    @TempDir
    Path directory;

    private static EngineConfig config(boolean prefixes) {
        return new EngineConfig(
                new EngineConfig.Step(4, 20, 64),
                new EngineConfig.Cache(16, CacheType.F16, 8 << 20, prefixes),
                new EngineConfig.Admission(4, 512, 4, 16, 4096));
    }

    private static List<Submission> submissions() {
        Sampling plain = Sampling.NEUTRAL.with(SamplingParameter.TEMPERATURE, 0.8);
        Sampling penalised = plain.with(SamplingParameter.REPETITION_PENALTY, 1.2)
                .with(SamplingParameter.FREQUENCY_PENALTY, 0.3)
                .with(SamplingParameter.TOP_P, 0.9)
                .withBias(Map.of(40, 3f));
        List<Submission> all = new ArrayList<>();
        for (Sampling sampling : List.of(Sampling.GREEDY, plain.withSeed(5), penalised.withSeed(6))) {
            int[] prompt =
                    new Random(all.size()).ints(30, 0, TinyVocabulary.size()).toArray();
            all.add(new Submission(prompt, 90, 3, Set.of(2), sampling, 3, -1, Long.MAX_VALUE));
        }
        return all;
    }

    private static List<Recorder> run(LoadedModel loaded, EngineConfig config, @Nullable Drafter drafter)
            throws RefusedException {
        List<Recorder> heard = new ArrayList<>();
        try (EngineLoop engine =
                new EngineLoop(loaded.model(), config, EngineObserver.NONE, () -> 0, null, null, drafter)) {
            for (Submission submission : submissions()) {
                Recorder recorder = new Recorder();
                heard.add(recorder);
                engine.submit(submission, List.of(recorder));
            }
            while (engine.step()) {
                engine.checkBooks();
            }
            if (drafter != null) {
                assertThat(engine.status().guessesAccepted()).isGreaterThan(20);
                assertThat(engine.status().guessesRejected()).isGreaterThan(20);
            }
        }
        return heard;
    }

    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void guessesChangeNoBit(Backend backend) throws IOException, RefusedException {
        for (int window : new int[] {0, WINDOW}) {
            try (LoadedModel loaded =
                    TinyModel.PLAIN.withWindow(window).withType(DType.Q8_0).load(directory, backend)) {
                List<Recorder> plain = run(loaded, config(false), null);
                for (boolean prefixes : new boolean[] {false, true}) {
                    Random random = new Random(window);
                    Drafter drafter = (sequence, tokens, most) -> {
                        List<Integer> answer = plain.get((int) sequence.order - 1).tokens;
                        int right = random.nextInt(most + 1);
                        for (int i = 0; i < most; i++) {
                            int at = sequence.generated + i;
                            tokens[i] = i < right && at < answer.size()
                                    ? answer.get(at)
                                    : random.nextInt(TinyVocabulary.size());
                        }
                        return most;
                    };
                    EngineConfig guessing = config(prefixes).speculating(new Speculation(Speculation.Method.AUTO, 7));
                    List<Recorder> guessed = run(loaded, guessing, drafter);
                    for (int i = 0; i < plain.size(); i++) {
                        String what = backend + ", window " + window + ", answer " + i;
                        assertThat(guessed.get(i).tokens).as(what).isEqualTo(plain.get(i).tokens);
                        assertThat(guessed.get(i).logprobs).as(what).isEqualTo(plain.get(i).logprobs);
                        assertThat(guessed.get(i).reason())
                                .as(what)
                                .isEqualTo(plain.get(i).reason());
                    }
                }
            }
        }
    }
}
