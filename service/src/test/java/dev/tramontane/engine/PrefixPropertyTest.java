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
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is found instead of computed changes nothing: the same tokens and probabilities as of a run alone on an empty cache. */
@Tag("backends")
final class PrefixPropertyTest {
    private static final int[][] GEOMETRIES = {{0}, {11}, {1}, {2}, {0, 11}, {11, 5, 0}, {1, 9}, {64}};

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 64);
    }

    /** Random conversations that go on, part and come back, in caches from barely enough to plenty. */
    @ParameterizedTest
    @MethodSource("seeds")
    void conversationsOfAnyShape(long seed) throws RefusedException {
        SplittableRandom random = new SplittableRandom(seed);
        int lanes = 1 + random.nextInt(5);
        int slots = lanes + random.nextInt(6);
        EngineConfig roomy = Asks.config(lanes, lanes + random.nextInt(20), 1 + random.nextInt(9), 150, slots);
        int[] windows = GEOMETRIES[(int) (seed % GEOMETRIES.length)];
        FakeModel model = FakeModel.of(50, windows);
        int sequences = 1 + random.nextInt(4);
        long bytes = CachePlan.bytesFor(model.geometry(), roomy, 150, sequences);
        Rig rig = Rig.guessingAndAdaptingNowAndThen(seed / GEOMETRIES.length, model, roomy.withCacheBytes(bytes));
        Tenant[] tenants = {Tenant.COMMON, new Tenant("a", 50), new Tenant("b", 30)};
        List<Rig.Ask> live = new ArrayList<>();
        Set<Rig.Ask> cancelled = new HashSet<>();
        List<int[]> known = new ArrayList<>(List.of(Asks.prompt(60, 1)));
        int ended = 0;
        while (ended < 120) {
            if (live.size() < 12 && random.nextInt(3) == 0) {
                int choices = 1 + random.nextInt(Math.min(3, slots));
                Tenant tenant = tenants[random.nextInt(6) % tenants.length];
                Submission any = Asks.random(random, 60, 40, random.nextInt(5));
                Submission submission =
                        rig.adapted(random.nextInt(3), Asks.of(tenant, prompt(random, known, any.prompt()), any));
                int length = submission.prompt().length + submission.maxTokens();
                if (rig.engine.plan().fits(submission.prompt().length, length, choices)) {
                    live.add(rig.ask(submission, choices));
                }
            }
            if (!live.isEmpty()) {
                Rig.Ask one = live.get(random.nextInt(live.size()));
                one.handles().get(random.nextInt(one.handles().size())).request(1 + random.nextInt(20));
                if (random.nextInt(25) == 0) {
                    cancelled.add(one);
                    one.handles().get(random.nextInt(one.handles().size())).cancel();
                }
            }
            rig.step();
            for (Rig.Ask ask : List.copyOf(live)) {
                if (ask.over()) {
                    live.remove(ask);
                    ended++;
                    for (int choice = 0; choice < ask.heard().size(); choice++) {
                        Recorder heard = ask.heard().get(choice);
                        if (!cancelled.contains(ask) || heard.reason() != FinishReason.CANCELLED) {
                            rig.assertAsAlone(ask, choice, "seed " + seed);
                        }
                        known.add(Asks.joined(ask.submission().prompt(), heard.tokens));
                    }
                }
            }
        }
        live.forEach(ask -> ask.request(Long.MAX_VALUE));
        rig.run().assertIdle();
        if (sequences > 3
                && windows[windows.length - 1] != 1) { // A window of one token sees nothing that could be kept.
            assertThat(rig.status().foundTokens()).as("seed " + seed).isPositive();
        }
    }

    /** Something new, something known, or something known up to anywhere and then something else. */
    private static int[] prompt(SplittableRandom random, List<int[]> known, int[] fresh) {
        if (random.nextInt(8) == 0) {
            return fresh;
        }
        int[] one = known.get(known.size() - 1 - random.nextInt(Math.min(12, known.size())));
        int kept = Math.min(random.nextBoolean() ? one.length : random.nextInt(one.length + 1), 100);
        int added = random.nextInt(3) == 0 ? 0 : Math.min(fresh.length, 9);
        int[] prompt = Arrays.copyOf(one, kept + added);
        System.arraycopy(fresh, 0, prompt, kept, added);
        return prompt.length == 0 ? fresh : prompt;
    }

    /** On the real kernels: turns of a chat, other answers and parted prompts, by pages and chunks of several sizes. */
    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backends")
    void theBitsOfAFreshRun(Backend backend, @TempDir Path files) throws IOException, RefusedException {
        for (int window : new int[] {0, 40}) {
            try (LoadedModel loaded = TinyModel.PLAIN.withWindow(window).load(files, backend)) {
                for (int page : new int[] {16, 32}) {
                    for (int chunk : new int[] {7, 64}) {
                        for (CacheType type : CacheType.values()) {
                            conversation(loaded, config(page, chunk, type, true), config(page, chunk, type, false));
                        }
                    }
                }
            }
        }
    }

    private static EngineConfig config(int page, int chunk, CacheType type, boolean prefixes) {
        return new EngineConfig(
                new EngineConfig.Step(4, chunk, 64),
                new EngineConfig.Cache(page, Kernels.cacheType(type), 8 << 20, prefixes),
                new EngineConfig.Admission(4, 512, 4, 16, 4096));
    }

    private static void conversation(LoadedModel loaded, EngineConfig keeping, EngineConfig cold)
            throws RefusedException {
        List<Submission> asked = new ArrayList<>();
        List<Recorder> found = new ArrayList<>();
        try (EngineLoop engine = new EngineLoop(loaded.model(), keeping, EngineObserver.NONE, () -> 0)) {
            int[] prompt = Asks.prompt(70, 1);
            for (int turn = 0; turn < 3; turn++) {
                Recorder heard = run(engine, prompt, asked);
                found.add(heard);
                int[] parted = prompt.clone();
                parted[parted.length - 5] = 49 - parted[parted.length - 5];
                found.add(run(engine, parted, asked));
                found.add(run(engine, prompt, asked));
                prompt = Asks.joined(prompt, heard.tokens, Asks.prompt(9, turn));
            }
            assertThat(engine.status().foundTokens())
                    .isGreaterThan(engine.status().soughtTokens() / 2);
        }
        try (EngineLoop engine = new EngineLoop(loaded.model(), cold, EngineObserver.NONE, () -> 0)) {
            for (int i = 0; i < asked.size(); i++) {
                Recorder fresh = run(engine, asked.get(i).prompt(), new ArrayList<>());
                String what = keeping + ", request " + i;
                assertThat(found.get(i).tokens).as(what).isEqualTo(fresh.tokens);
                assertThat(found.get(i).logprobs).as(what).isEqualTo(fresh.logprobs);
            }
            assertThat(engine.status().foundTokens()).isZero();
        }
    }

    private static Recorder run(EngineLoop engine, int[] prompt, List<Submission> asked) throws RefusedException {
        Submission submission = Asks.greedy(prompt, 45);
        Recorder heard = new Recorder();
        engine.submit(submission, List.of(heard));
        asked.add(submission);
        while (engine.step()) {
            engine.checkBooks();
        }
        return heard;
    }
}
