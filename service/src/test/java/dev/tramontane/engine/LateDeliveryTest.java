package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.Elsewhere;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeModel.LostAt;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.load.Chain;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the model computes elsewhere, results are told while it computes the next step; what is told is the same. */
final class LateDeliveryTest {
    private final FakeModel model = FakeModel.of(50, 0, 9).elsewhere(true);
    private final Rig rig = new Rig(model, Asks.config(4, 8, 4, 200, 6));

    /** Each step is submitted before its predecessor's token is told, and the last token needs no further step. */
    @Test
    void tokensAreToldWhileTheNextStepComputes() throws RefusedException {
        List<String> events = new ArrayList<>();
        model.spy(batch -> events.add("step"));
        Recorder recorder = new Recorder() {
            @Override
            public void onToken(TokenScore token) {
                super.onToken(token);
                events.add("token");
            }

            @Override
            public void onFinish(Finish how) {
                super.onFinish(how);
                events.add("end");
            }
        };
        rig.engine.submit(Asks.greedy(Asks.prompt(3, 1), 3), List.of(recorder));
        rig.run();
        assertThat(events).containsExactly("step", "step", "token", "step", "token", "token", "end");
        rig.assertIdle();
    }

    /** On the engine's thread: a step that doesn't end holds up nobody's token of the step before. */
    @Test
    void aStepThatDoesNotEndHoldsNoTokenUp() throws RefusedException {
        Semaphore gate = new Semaphore(1);
        model.gate(gate);
        AtomicInteger tokens = new AtomicInteger();
        rig.engine.start();
        rig.engine.submit(Asks.greedy(Asks.prompt(3, 1), 3), List.of(counting(tokens)));
        await().until(() -> tokens.get() == 1);
        gate.release(2);
        await().until(() -> tokens.get() == 3);
        model.gate(null);
        rig.engine.close();
    }

    private static SequenceListener counting(AtomicInteger tokens) {
        return new SequenceListener() {
            @Override
            public void onToken(TokenScore token) {
                tokens.incrementAndGet();
            }

            @Override
            public void onFinish(Finish finish) {}
        };
    }

    /** At its first token, in the middle, at its last one, and when it is told that it is over. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4, 9, 10})
    void whoThrowsEndsAndHearsNothingMore(int fatal) throws RefusedException {
        Rig.Ask mate = rig.ask(Asks.greedy(Asks.prompt(5, 2), 20));
        Recorder rude = new Recorder() {
            @Override
            public void onToken(TokenScore token) {
                super.onToken(token);
                if (tokens.size() == fatal) {
                    throw new IllegalStateException("on purpose");
                }
            }
        };
        rig.engine.submit(Asks.greedy(Asks.prompt(5, 1), 9), List.of(rude));
        rig.run();
        assertThat(rude.offences).isEmpty();
        assertThat(rude.tokens).hasSize(Math.min(fatal, 9));
        assertThat(rude.reason()).isEqualTo(fatal <= 9 ? FinishReason.ERROR : FinishReason.LENGTH);
        assertThat(rude.finish().error()).isEqualTo(fatal <= 9 ? EngineLoop.BROKEN : "");
        rig.assertAsAlone(mate, "mate");
        rig.assertIdle();
    }

    /** Told because a command takes its time, when nothing else is to be computed: nobody has to wake the engine for the end. */
    @Test
    void whoThrowsBeforeTheEngineRestsEndsBeforeItDoes() throws RefusedException {
        Rig loading = new Rig(
                FakeModel.of(50, 0, 9).elsewhere(true),
                Asks.config(4, 8, 4, 200, 6).withAdapters(new AdapterRoom(1, 8, Adapter.Type.F32)));
        Recorder rude = new Recorder() {
            @Override
            public void onToken(TokenScore token) {
                super.onToken(token);
                throw new IllegalStateException("on purpose");
            }
        };
        loading.engine.submit(Asks.demand(Asks.greedy(Asks.prompt(5, 1), 9), 1), List.of(rude));
        loading.step();
        assertThat(rude.tokens).isEmpty();
        assertThat(loading.engine.loadAdapter(AdaptersTest.adapter("one", 4))).isNotDone();
        loading.step();
        assertThat(rude.tokens).hasSize(1);
        assertThat(rude.reason()).isEqualTo(FinishReason.ERROR);
        loading.assertIdle();
    }

    @Test
    void demandInsideACallIsHeard() throws RefusedException {
        List<SequenceHandle> handle = new ArrayList<>();
        Recorder one = new Recorder() {
            @Override
            public void onToken(TokenScore token) {
                super.onToken(token);
                handle.getFirst().request(1);
            }
        };
        handle.addAll(rig.engine.submit(Asks.demand(Asks.greedy(Asks.prompt(5, 1), 30), 1), List.of(one)));
        rig.run();
        assertThat(one.tokens).hasSize(30);
        assertThat(one.reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aFailureIsToldAfterWhatWasComputed() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(3, 1), 30));
        rig.steps(4);
        int told = ask.first().tokens.size();
        model.failSubmit("on purpose");
        rig.run();
        assertThat(ask.first().offences).isEmpty();
        assertThat(ask.first().tokens).hasSize(told + 1);
        assertThat(ask.first().reason()).isEqualTo(FinishReason.ERROR);
        assertThat(rig.status().healthy()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = LostAt.class,
            names = {"BETWEEN_STEPS", "SUBMIT", "AWAIT"})
    void aLossIsToldAfterWhatWasComputed(LostAt at) throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(3, 1), 30));
        rig.steps(4);
        int told = ask.first().tokens.size();
        model.lose(at, "stage worker-1:7100 was lost", 0);
        rig.step();
        assertThat(ask.first().offences).isEmpty();
        assertThat(ask.first().tokens).hasSize(told + 1);
        assertThat(ask.first().reason()).isEqualTo(FinishReason.LOST);
        rig.assertIdle();
        rig.run();
        Rig.Ask again = rig.ask(ask.submission(), 1);
        rig.run().assertAsAlone(again, "after the loss");
    }

    @Test
    void closingTellsWhatWasComputed() throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(3, 1), 30));
        rig.steps(4);
        int told = ask.first().tokens.size();
        rig.engine.close();
        assertThat(ask.first().tokens).hasSize(told + 1);
        assertThat(ask.first().reason()).isEqualTo(FinishReason.CANCELLED);
    }

    @TempDir
    Path directory;

    @Tag("backends")
    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void answersAreTheSame(Backend backend) throws IOException, RefusedException {
        assertAnswersAreTheSame(backend, Kernels.chain(TinyModel.PLAIN.layers()));
    }

    /** Whose step is handed on from stage to stage, while nothing is told, when it is waited for. */
    @Tag("backends")
    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void answersOfStagesAreTheSame(Backend backend) throws IOException, RefusedException {
        assertAnswersAreTheSame(backend, Optional.of(Kernels.chain(TinyModel.PLAIN.layers(), 2)));
    }

    /** On the kernels, with prompts that are found again, a window, penalties, guesses, parking and cancels. */
    private void assertAnswersAreTheSame(Backend backend, Optional<Chain> chain) throws IOException, RefusedException {
        try (LoadedModel loaded =
                TinyModel.PLAIN.withWindow(24).withType(DType.Q8_0).load(directory, backend, 1, chain)) {
            assertThat(loaded.model().computesElsewhere()).isEqualTo(backend.isDevice());
            List<Recorder> atOnce = answers(new Elsewhere(loaded.model(), false));
            List<Recorder> late = answers(new Elsewhere(loaded.model(), true));
            for (int i = 0; i < atOnce.size(); i++) {
                String what = backend + ", answer " + i;
                Recorder expected = atOnce.get(i);
                Recorder heard = late.get(i);
                assertThat(heard.offences).as(what).isEmpty();
                assertThat(heard.reason()).as(what).isEqualTo(expected.reason());
                int least = Math.min(heard.tokens.size(), expected.tokens.size());
                if (heard.reason() != FinishReason.CANCELLED) { // Which comes when it comes.
                    assertThat(heard.tokens).as(what).hasSameSizeAs(expected.tokens);
                }
                assertThat(least).as(what).isPositive();
                assertThat(heard.tokens.subList(0, least)).as(what).isEqualTo(expected.tokens.subList(0, least));
                assertThat(heard.logprobs.subList(0, least)).as(what).isEqualTo(expected.logprobs.subList(0, least));
            }
        }
    }

    private static List<Recorder> answers(Elsewhere model) throws RefusedException {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(3, 20, 64),
                new EngineConfig.Cache(16, CacheType.F16, 8 << 20),
                new EngineConfig.Admission(5, 512, 4, 16, 4096));
        Sampling plain = Sampling.NEUTRAL.with(SamplingParameter.TEMPERATURE, 0.8);
        List<Recorder> heard = new ArrayList<>();
        try (EngineLoop engine = new EngineLoop(model, config, EngineObserver.NONE, () -> 0)) {
            for (int i = 0; i < 6; i++) {
                int[] prompt =
                        new Random(i / 2).ints(30, 0, TinyVocabulary.size()).toArray();
                Sampling sampling = i % 3 == 0
                        ? Sampling.GREEDY
                        : i % 3 == 1
                                ? plain.withSeed(i)
                                : plain.with(SamplingParameter.FREQUENCY_PENALTY, 0.3)
                                        .withSeed(i);
                Recorder recorder = new Recorder();
                List<SequenceHandle> handles = new ArrayList<>();
                SequenceListener listener = i == 4 ? new Paced(recorder, handles, 7) : recorder;
                heard.add(recorder);
                handles.addAll(engine.submit(
                        new Submission(prompt, 40 + i, 3, Set.of(2), sampling, 3, -1, i == 4 ? 1 : Long.MAX_VALUE)
                                .speculating(i == 5 ? Speculation.AUTO : Speculation.OFF),
                        List.of(listener)));
            }
            while (engine.step()) {
                engine.checkBooks();
            }
        }
        return heard;
    }

    /** Wants one token after the other, and after some of them no more. */
    private record Paced(Recorder recorder, List<SequenceHandle> handle, int most) implements SequenceListener {
        @Override
        public void onStarted() {
            recorder.onStarted();
        }

        @Override
        public void onPrefilled(int cachedTokens) {
            recorder.onPrefilled(cachedTokens);
        }

        @Override
        public void onToken(TokenScore token) {
            recorder.onToken(token);
            if (recorder.tokens.size() < most) {
                handle.getFirst().request(1);
            } else {
                handle.getFirst().cancel();
            }
        }

        @Override
        public void onFinish(Finish finish) {
            recorder.onFinish(finish);
        }
    }
}
