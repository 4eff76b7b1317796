package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeReference;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** An engine on a fake model, stepped by the test's thread with a clock of its own. Checks the books after every step. */
final class Rig {
    final FakeModel model;
    final EngineConfig config;
    final EngineLoop engine;
    final AtomicLong nanos = new AtomicLong();
    private final List<EngineAdapter> adapters = new ArrayList<>();
    int steps;

    Rig(FakeModel model, EngineConfig config) {
        this(model, config, EngineObserver.NONE);
    }

    Rig(FakeModel model, EngineConfig config, EngineObserver observer) {
        this.model = model;
        this.config = config;
        engine = new EngineLoop(model, config, observer, nanos::get);
    }

    Rig(FakeModel model, EngineConfig config, PageStore store) {
        this.model = model;
        this.config = config;
        engine = new EngineLoop(model, config, EngineObserver.NONE, nanos::get, store);
    }

    private Rig(FakeModel model, EngineConfig config, EngineObserver observer, Drafter drafter) {
        this.model = model;
        this.config = config;
        engine = new EngineLoop(model, config, observer, nanos::get, null, null, drafter);
    }

    /** Tokens are guessed in every second case; in every third the model computes elsewhere, and results are told late. */
    static Rig guessingNowAndThen(long number, FakeModel model, EngineConfig config) {
        model.elsewhere(number % 3 == 0);
        return number % 2 == 0 ? new Rig(model, config) : guessing(model, config, number);
    }

    /** The same; and whether or not they are guessed, in every second of these cases {@link #adapted} has adapters. */
    static Rig guessingAndAdaptingNowAndThen(long number, FakeModel model, EngineConfig config) {
        Rig rig = guessingNowAndThen(number, model, config.withAdapters(new AdapterRoom(2, 4, Adapter.Type.F32)));
        if (number / 2 % 2 == 0) {
            List<CompletableFuture<EngineAdapter>> loaded = List.of(
                    rig.engine.loadAdapter(AdaptersTest.adapter("one", 4)),
                    rig.engine.loadAdapter(AdaptersTest.adapter("two", 1)));
            rig.run();
            loaded.forEach(adapter -> rig.adapters.add(adapter.join()));
        }
        return rig;
    }

    /** The same where tokens are guessed, and many of the guesses are wrong. */
    static Rig guessing(FakeModel model, EngineConfig config, long seed) {
        return guessing(model, config, EngineObserver.NONE, seed);
    }

    static Rig guessing(FakeModel model, EngineConfig config, EngineObserver observer, long seed) {
        return new Rig(
                model,
                config.speculating(new Speculation(Speculation.Method.AUTO, Speculation.MOST)),
                observer,
                new Adversary(model.geometry(), config.contextTokens(), seed));
    }

    /** One of them wants more, and leaves now and then. */
    static void disturb(List<Ask> asks, List<Ask> cancelled, RandomGenerator random) {
        if (!asks.isEmpty()) {
            Ask one = asks.get(random.nextInt(asks.size()));
            one.handles().get(random.nextInt(one.handles().size())).request(1 + random.nextInt(9));
            if (random.nextInt(20) == 0) {
                one.cancel();
                cancelled.add(one);
            }
        }
    }

    /** The same with another model that guesses. */
    static Rig drafting(FakeModel model, EngineConfig config, Model draft, long draftCacheBytes) {
        return new Rig(model, config, draft, draftCacheBytes);
    }

    private Rig(FakeModel model, EngineConfig config, Model draft, long draftCacheBytes) {
        this.model = model;
        this.config = config;
        engine = new EngineLoop(model, config, EngineObserver.NONE, nanos::get, null, draft, draftCacheBytes);
    }

    /** With one of the adapters or without, in turn, where there are some. */
    Submission adapted(long number, Submission submission) {
        int which = (int) Math.floorMod(number, adapters.size() + 1L);
        return which == 0 ? submission : submission.adapted(adapters.get(which - 1));
    }

    /** One submitted request: its choices' handles and what they were told. */
    record Ask(Submission submission, List<Recorder> heard, List<SequenceHandle> handles) {
        Recorder first() {
            return heard.getFirst();
        }

        void cancel() {
            handles.forEach(SequenceHandle::cancel);
        }

        void request(long n) {
            handles.forEach(handle -> handle.request(n));
        }

        void attended(boolean attended) {
            handles.forEach(handle -> handle.attended(attended));
        }

        boolean over() {
            return heard.stream().allMatch(Recorder::over);
        }
    }

    Ask ask(Submission submission, int choices) throws RefusedException {
        List<Recorder> heard = new ArrayList<>();
        for (int choice = 0; choice < choices; choice++) {
            heard.add(new Recorder());
        }
        return new Ask(submission, heard, engine.submit(submission, heard));
    }

    Ask ask(Submission submission) throws RefusedException {
        return ask(submission, 1);
    }

    boolean step() {
        boolean computed = engine.step();
        steps++;
        nanos.addAndGet(1_000_000);
        engine.checkBooks();
        return computed;
    }

    void steps(int count) {
        for (int i = 0; i < count; i++) {
            step();
        }
    }

    /** Steps until there is nothing to compute. */
    Rig run() {
        int limit = steps + 1_000_000;
        while (step()) {
            assertThat(steps).as("steps until idle").isLessThan(limit);
        }
        return this;
    }

    EngineStatus status() {
        return engine.status();
    }

    /** Nothing is held and nobody waits. */
    void assertIdle() {
        EngineStatus now = status();
        assertThat(now.queued()).as("queued").isZero();
        assertThat(now.running() + now.parked()).as("admitted").isZero();
        assertThat(now.pagesUsed()).as("pages used").isZero();
        assertThat(now.pagesReserved()).as("pages reserved").isZero();
    }

    /** Every choice was told just what the reference says. */
    void assertAsAlone(Ask ask, String description) {
        for (int choice = 0; choice < ask.heard().size(); choice++) {
            assertAsAlone(ask, choice, description);
        }
    }

    void assertAsAlone(Ask ask, int choice, String description) {
        Recorder heard = ask.heard().get(choice);
        FakeReference expected = FakeReference.run(model.geometry(), config.contextTokens(), ask.submission(), choice);
        assertThat(heard.offences).as(description).isEmpty();
        assertThat(heard.promptLogprobs()).as(description).isEqualTo(expected.promptLogprobs());
        assertThat(heard.tokens).as(description).isEqualTo(expected.tokens());
        assertThat(heard.logprobs).as(description).isEqualTo(expected.logprobs());
        assertThat(heard.reason()).as(description).isEqualTo(expected.reason());
    }
}
