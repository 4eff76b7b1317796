package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.Finish;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageStep;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What an engine makes of a stage that gives rows which are no numbers, over a whole chain: one error for whoever would get something of
 * them, the others' answers as ever, and nothing that is found again.
 */
final class NoNumbersTest {
    private static final int PAGE = 16;

    /** The token whose rows a broken stage spoils. Nobody else has it. */
    private static final int SPOILT = 99;

    private static final int ANSWER = 12;

    @TempDir
    Path directory;

    /** What the broken stage gives in place of a row's numbers; null while it is none. */
    private @Nullable Float wrong;

    /** One choice, as its client hears it. */
    private static final class Heard implements SequenceListener {
        final List<Integer> tokens = new ArrayList<>();
        final List<TokenScore> scores = new ArrayList<>();

        @Nullable
        Finish finish;

        @Override
        public void onPromptToken(int index, TokenScore score) {
            scores.add(score);
        }

        @Override
        public void onToken(TokenScore token) {
            tokens.add(token.id());
            scores.add(token);
        }

        @Override
        public void onFinish(Finish how) {
            finish = how;
        }

        Finish end() {
            Finish how = finish;
            if (how == null) {
                throw new AssertionError("it has not ended");
            }
            for (TokenScore score : scores) {
                assertThat(score.logprob()).isFinite();
                for (float top : score.topLogprobs()) {
                    assertThat(top).isFinite();
                }
            }
            return how;
        }

        void assertFailed() {
            assertThat(end().reason()).isEqualTo(FinishReason.ERROR);
            assertThat(end().error()).isEqualTo("the model computed something that is not a number for this request");
        }
    }

    private Stage breaking(Stage stage) {
        StageStep[] last = new StageStep[1];
        return (Stage) Proxy.newProxyInstance(
                Stage.class.getClassLoader(), new Class<?>[] {Stage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("submit")) {
                        last[0] = (StageStep) arguments[0];
                    }
                    Object result;
                    try {
                        result = method.invoke(stage, arguments);
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                    if (method.getName().equals("await") && Boolean.TRUE.equals(result) && last[0] != null) {
                        spoil(last[0]);
                    }
                    return result;
                });
    }

    private void spoil(StageStep step) {
        Float value = wrong;
        for (int row = 0; value != null && row < step.rows(); row++) {
            if (step.token(row) == SPOILT && step.wants(row)) {
                int column = row % step.width(); // One number of its many.
                step.output().putFloat((row * step.width() + column) * Float.BYTES, value);
            }
        }
    }

    private LoadedModel load(TinyModel model, int broken) throws IOException {
        Chain chain = (library, plan, options, progress) -> {
            List<Stage> open = new ArrayList<>(Kernels.chain(3, 3).open(library, plan, options, progress));
            open.set(broken, breaking(open.get(broken)));
            return open;
        };
        return model.load(directory, Backend.CPU, 1, Optional.of(chain));
    }

    private static EngineLoop engine(LoadedModel loaded) {
        return new EngineLoop(
                loaded.model(),
                new EngineConfig(
                        new EngineConfig.Step(4, 64, 8),
                        new EngineConfig.Cache(PAGE, CacheType.F16, 16 << 20),
                        new EngineConfig.Admission(8, 400, 4, 64, 1 << 20)),
                EngineObserver.NONE,
                System::nanoTime);
    }

    private static int[] prompt(int length, long seed, int... spoilt) {
        int[] prompt = new SplittableRandom(seed).ints(length, 10, 90).toArray();
        for (int at : spoilt) {
            prompt[at] = SPOILT;
        }
        return prompt;
    }

    private static Submission ask(int[] prompt, boolean scored) {
        Sampling sampling = Sampling.NEUTRAL
                .with(SamplingParameter.TEMPERATURE, 1)
                .withSeed(7)
                .withBias(Map.of(SPOILT, -100f));
        return new Submission(prompt, ANSWER, 0, Set.of(), sampling, 2, scored ? 1 : -1, Long.MAX_VALUE);
    }

    private static Heard submit(EngineLoop engine, Submission submission) throws RefusedException {
        Heard heard = new Heard();
        engine.submit(submission, List.of(heard));
        return heard;
    }

    private static void run(EngineLoop engine) {
        boolean more = true;
        while (more) {
            more = engine.step();
        }
        engine.checkBooks();
    }

    private static Heard alone(EngineLoop engine, Submission submission) throws RefusedException {
        Heard heard = submit(engine, submission);
        run(engine);
        return heard;
    }

    @ParameterizedTest
    @CsvSource({"0, NaN, F32", "1, Infinity, Q8_0", "2, -Infinity, F32", "2, NaN, Q4_0"})
    void whoWouldGetSomethingOfItHearsOneError(int broken, float value, DType type) throws Exception {
        Submission victim = ask(prompt(50, 1, 49), false);
        Submission scored = ask(prompt(50, 2, 20), true);
        Submission bystander = ask(prompt(50, 3), true);
        try (LoadedModel loaded = load(TinyModel.PLAIN.withType(type), broken)) {
            List<Heard> sound = new ArrayList<>();
            for (Submission each : List.of(victim, scored, bystander)) {
                try (EngineLoop engine = engine(loaded)) {
                    sound.add(alone(engine, each));
                    assertThat(sound.getLast().end().reason()).isEqualTo(FinishReason.LENGTH);
                }
            }
            try (EngineLoop engine = engine(loaded)) {
                wrong = value;
                Heard failed = submit(engine, victim);
                Heard unscored = submit(engine, scored);
                Heard other = submit(engine, bystander);
                run(engine);
                failed.assertFailed();
                assertThat(failed.tokens).isEmpty();
                unscored.assertFailed();
                assertThat(unscored.tokens).isEmpty();
                assertThat(other.end().reason()).isEqualTo(FinishReason.LENGTH);
                assertThat(other.tokens).isEqualTo(sound.get(2).tokens);
                assertThat(engine.failed()).isFalse();
                wrong = null;
                Heard again = alone(engine, victim);
                assertThat(again.end().cachedTokens())
                        .as("nothing of it is found")
                        .isZero();
                assertThat(again.tokens).isEqualTo(sound.get(0).tokens);
                Heard scoredAgain = alone(engine, scored);
                assertThat(scoredAgain.tokens).isEqualTo(sound.get(1).tokens);
            }
        }
    }

    /**
     * Rows of which nobody is told anything go on in the cache: whoever sees them hears of it. Whoever gets an answer gets the one that a
     * sound chain gives, also by what he finds of others.
     */
    @ParameterizedTest
    @CsvSource({"0, 24, NaN", "1, 24, Infinity", "2, 24, NaN", "1, 0, -Infinity"})
    void anAnswerIsTheSoundOneOrAnError(int broken, int window, float value) throws Exception {
        List<Submission> asked = new ArrayList<>();
        for (int length : new int[] {30, 52, 100, 180}) {
            asked.add(ask(prompt(length, 4, 20), false));
        }
        try (LoadedModel loaded = load(TinyModel.PLAIN.withWindow(window).withType(DType.Q8_0), broken)) {
            List<List<Integer>> sound = new ArrayList<>();
            for (Submission each : asked) {
                try (EngineLoop engine = engine(loaded)) {
                    sound.add(alone(engine, each).tokens);
                }
            }
            for (int first = 0; first < asked.size(); first++) {
                try (EngineLoop engine = engine(loaded)) {
                    wrong = value;
                    Heard heard = new Heard();
                    Heard twin = new Heard();
                    engine.submit(asked.get(first), List.of(heard, twin));
                    run(engine);
                    assertThat(twin.end().reason()).isEqualTo(heard.end().reason());
                    boolean failed = heard.end().reason() == FinishReason.ERROR;
                    // Of what the last stage gives nothing is looked at but what is drawn from.
                    assertThat(failed).as("%d was spoilt", first).isEqualTo(broken < 2);
                    wrong = null;
                    for (int i = 0; i < asked.size(); i++) {
                        Heard next = alone(engine, asked.get(i));
                        String what = first + " was spoilt, then " + i;
                        assertThat(next.end().reason()).as(what).isEqualTo(FinishReason.LENGTH);
                        assertThat(next.tokens).as(what).isEqualTo(sound.get(i));
                    }
                }
            }
        }
    }
}
