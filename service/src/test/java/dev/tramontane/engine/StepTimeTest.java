package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps are bounded in time, by the rates of a machine that is made of arithmetic here: a base and so much for each row. */
@Tag("backends")
final class StepTimeTest {
    private static final long MILLI = 1_000_000;
    private static final long STEP = 100 * MILLI;
    private static final int BUDGET = 256;

    /** A machine whose steps take {@code base + row * rows}, and what its steps were. */
    private static final class Machine {
        final Rig rig;
        long base = 3 * MILLI;
        long row = MILLI;
        final List<Integer> rows = new ArrayList<>();
        final List<Integer> spans = new ArrayList<>();

        Machine(long stepNanos) {
            FakeModel model = FakeModel.of(50, 0);
            rig = new Rig(
                    model, Asks.cold(Asks.config(16, BUDGET, 16, 4000, 16)).withStepNanos(stepNanos));
            model.spy(batch -> {
                rows.add(batch.rows());
                spans.add(batch.spans());
                rig.nanos.addAndGet(base + row * batch.rows());
            });
        }

        Rig.Ask ask(int prompt, int answer) throws RefusedException {
            return rig.ask(Asks.greedy(Asks.prompt(prompt, prompt), answer));
        }

        /** Nanoseconds of the next step. */
        long step() {
            rig.step();
            return base + row * rows.getLast();
        }
    }

    @Test
    void whereNobodyDecodesAStepTakesItsTimeAndNoMore() throws RefusedException {
        Machine machine = new Machine(STEP);
        machine.ask(4000 - 10, 1);
        machine.step();
        assertThat(machine.rows.getFirst())
                .as("nothing is known of the machine yet")
                .isEqualTo(RowBudget.LEAST_ROWS);
        for (int i = 0; i < 20; i++) {
            assertThat(machine.step()).as("step %d", i).isBetween(STEP * 8 / 10, STEP);
        }
        machine.rig.run();
    }

    /** Twice as slow from one step to the next, as when others take the processor: some steps later it is as before. */
    @Test
    void aMachineThatBecomesSlowIsFollowed() throws RefusedException {
        Machine machine = new Machine(STEP);
        machine.ask(3990, 1);
        for (int i = 0; i < 10; i++) {
            machine.step();
        }
        machine.base *= 2;
        machine.row *= 2;
        assertThat(machine.step()).isGreaterThan(STEP);
        for (int i = 0; i < 12; i++) {
            machine.step();
        }
        assertThat(machine.step()).isLessThan(STEP * 13 / 10);
        machine.rig.run();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8, 15})
    void besideDecodesAPromptTakesNoMoreTimeThanTheyDo(int decodes) throws RefusedException {
        Machine machine = new Machine(STEP);
        for (int i = 0; i < decodes; i++) {
            machine.ask(2, 3000);
        }
        for (int i = 0; i < 20; i++) {
            machine.step();
        }
        long alone = machine.step();
        machine.ask(900, 1);
        // The first chunk is chosen without knowing that a step has a base: it is short.
        machine.step();
        assertThat(machine.spans.getLast()).isEqualTo(decodes + 1);
        for (int i = 0; i < 20; i++) {
            assertThat(machine.step())
                    .as("step %d", i)
                    .isLessThanOrEqualTo(Math.max(2 * alone, alone + RowBudget.LEAST_ROWS_BESIDE * machine.row));
        }
        machine.rig.run();
    }

    /** What eight clients see who ask again as soon as they have their answers of 64 tokens. */
    private record Seen(double tookSeconds, double medianMillis, double ninetyNineMillis) {
        static Seen of(long stepNanos, int longestPrompt) throws RefusedException {
            Machine machine = new Machine(stepNanos);
            List<Rig.Ask> asks = new ArrayList<>();
            List<Long> gaps = new ArrayList<>();
            int asked = 0;
            while (asked < 8) {
                asks.add(machine.ask(20 + asked++ * 37 % longestPrompt, 64));
            }
            while (machine.rig.status().running() > 0 || machine.rig.status().steps() == 0) {
                long decoding = asks.stream()
                        .filter(ask -> !ask.first().tokens.isEmpty() && !ask.over())
                        .count();
                long step = machine.step() + MILLI; // The rig takes a millisecond between two steps.
                for (int i = 0; i < decoding; i++) {
                    gaps.add(step);
                }
                for (int i = 0; i < asks.size() && asked < 200; i++) {
                    if (asks.get(i).over()) {
                        asks.set(i, machine.ask(20 + asked++ * 37 % longestPrompt, 64));
                    }
                }
            }
            machine.rig.assertIdle();
            long[] sorted = gaps.stream().mapToLong(Long::longValue).sorted().toArray();
            return new Seen(
                    machine.rig.nanos.get() / 1e9,
                    sorted[sorted.length / 2] / 1e6,
                    sorted[sorted.length * 99 / 100] / 1e6);
        }
    }

    /** Promptness takes little away: all tokens are there almost as soon as with the largest steps. */
    @ParameterizedTest
    @CsvSource({"45, 1.03", "150, 1.08", "600, 1.1"})
    void eightClientsGetTheirTokensEvenlyAndNotLater(int longestPrompt, double slower) throws RefusedException {
        Seen any = Seen.of(0, longestPrompt);
        Seen bounded = Seen.of(STEP, longestPrompt);
        assertThat(any.ninetyNineMillis).isGreaterThan(10 * any.medianMillis);
        assertThat(bounded.ninetyNineMillis).isLessThanOrEqualTo(2 * bounded.medianMillis);
        assertThat(bounded.tookSeconds).isLessThan(any.tookSeconds * slower);
    }

    /** On a machine so slow that not even a row fits, prompts move all the same. */
    @Test
    void promptsMoveHoweverSlowTheMachine() throws RefusedException {
        Machine machine = new Machine(MILLI);
        machine.row = 5_000 * MILLI;
        Rig.Ask decoding = machine.ask(2, 100);
        machine.step();
        machine.step();
        Rig.Ask asked = machine.ask(100, 1);
        int steps = 0;
        while (!asked.over()) {
            machine.step();
            steps++;
        }
        assertThat(steps).isEqualTo((100 + RowBudget.LEAST_ROWS_BESIDE - 1) / RowBudget.LEAST_ROWS_BESIDE);
        assertThat(decoding.first().tokens).hasSizeGreaterThan(steps);
    }

    /** Nanoseconds that jump by anything from nothing to seconds. */
    private static LongSupplier wild(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long[] now = {0};
        return () -> now[0] += random.nextInt(3) == 0 ? 0 : random.nextLong(1L << random.nextInt(1, 34));
    }

    static Stream<Backend> backends() {
        return Kernels.backends();
    }

    /** Promise 4, with chunks that follow a clock gone wild: on real kernels the answers are those of whole prompts, bit for bit. */
    @ParameterizedTest
    @MethodSource("backends")
    void chunksByTimeLeaveTheBitsAlone(Backend backend, @TempDir Path files) throws IOException, RefusedException {
        TinyModel model = TinyModel.PLAIN.withWindow(48);
        int[] prompts = {3, 70, 130, 200};
        List<Recorder> whole = new ArrayList<>();
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(4, 256, 256),
                new EngineConfig.Cache(16, Kernels.cacheType(CacheType.F32), 8 << 20),
                new EngineConfig.Admission(4, 512, 4, 16, 4096));
        try (LoadedModel loaded = model.load(files, backend);
                EngineLoop engine = new EngineLoop(loaded.model(), config, EngineObserver.NONE, () -> 0)) {
            for (int prompt : prompts) {
                Recorder heard = new Recorder();
                engine.submit(Asks.scored(Asks.prompt(prompt, 1), 30), List.of(heard));
                whole.add(heard);
                finish(engine);
            }
        }
        int shapes = 0;
        for (long seed = 1; seed <= 4; seed++) {
            List<Integer> rows = new ArrayList<>();
            EngineObserver noting = new EngineObserver() {
                @Override
                public void step(int count, int sequences, long nanos) {
                    rows.add(count);
                }
            };
            try (LoadedModel loaded = model.load(files, backend);
                    EngineLoop engine =
                            new EngineLoop(loaded.model(), config.withStepNanos(20 * MILLI), noting, wild(seed))) {
                List<Recorder> together = new ArrayList<>();
                for (int prompt : prompts) {
                    Recorder heard = new Recorder();
                    engine.submit(Asks.scored(Asks.prompt(prompt, 1), 30), List.of(heard));
                    together.add(heard);
                    engine.step();
                }
                finish(engine);
                for (int i = 0; i < prompts.length; i++) {
                    assertThat(together.get(i).tokens).as("seed %d", seed).isEqualTo(whole.get(i).tokens);
                    assertThat(together.get(i).logprobs).isEqualTo(whole.get(i).logprobs);
                    assertThat(together.get(i).promptLogprobs())
                            .isEqualTo(whole.get(i).promptLogprobs());
                }
            }
            shapes = Math.max(shapes, (int) rows.stream().distinct().count());
        }
        assertThat(shapes).as("sizes of steps that came up").isGreaterThan(4);
    }

    private static void finish(EngineLoop engine) {
        while (engine.step()) {
            engine.checkBooks();
        }
    }
}
