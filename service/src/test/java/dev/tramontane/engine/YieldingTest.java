package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeReference;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Answers that nobody attends to give their places up to who waits: who does, when, and that it shows in no token. */
final class YieldingTest {
    private final FakeModel model = FakeModel.of(50, 16);

    /** So many slots; the pages are enough for all of them. */
    private Rig rig(int slots) {
        return new Rig(model, Asks.config(Math.min(slots, 4), 16, 4, 60, slots));
    }

    /** Admitted, with two tokens and no more demand. */
    private static Rig.Ask parked(Rig rig, int salt) throws RefusedException {
        Rig.Ask ask = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(5, salt), 12), 2));
        rig.run();
        assertThat(ask.first().tokens).hasSize(2);
        return ask;
    }

    private static Rig.Ask absent(Rig rig, int salt) throws RefusedException {
        Rig.Ask ask = parked(rig, salt);
        ask.attended(false);
        rig.run();
        return ask;
    }

    private static Rig.Ask newcomer(Rig rig, int salt) throws RefusedException {
        return rig.ask(Asks.greedy(Asks.prompt(6, salt), 10));
    }

    private static boolean hasYielded(Rig.Ask ask) {
        return ask.over() && ask.first().reason() == FinishReason.YIELDED;
    }

    @Test
    void theLongestAbsentYieldsToWhoWaitsAndGoesOnAsIfItNeverHad() throws RefusedException {
        Rig rig = rig(3);
        Rig.Ask read = parked(rig, 1);
        Rig.Ask first = parked(rig, 2);
        Rig.Ask last = absent(rig, 3);
        first.attended(false);
        rig.run();
        Rig.Ask newcomer = newcomer(rig, 4);
        rig.run();
        assertThat(hasYielded(last))
                .as("absent for longer, though admitted later")
                .isTrue();
        assertThat(last.first().finish().generatedTokens()).isEqualTo(2);
        assertThat(read.over() || first.over()).as("need not").isFalse();
        rig.assertAsAlone(newcomer, "in its place");
        Rig.Ask rest = rig.ask(Asks.continued(last.submission(), last.first().tokens));
        rest.request(Long.MAX_VALUE);
        rig.run();
        FakeReference whole = FakeReference.run(model.geometry(), 60, last.submission(), 0);
        assertThat(rest.first().tokens).isEqualTo(whole.tokens().subList(2, 12));
        read.request(20);
        first.request(20);
        rig.run();
        rig.assertAsAlone(read, "parked all the while");
        rig.assertAsAlone(first, "absent all the while");
        rig.assertIdle();
    }

    /** A long one goes although one that is absent for longer would not do, and that one stays. */
    @Test
    void nobodyYieldsWhoNeedNot() throws RefusedException {
        FakeModel full = FakeModel.of(50, 0);
        EngineConfig sizes = Asks.config(4, 16, 4, 80, 4);
        Rig rig = new Rig(full, sizes.withCacheBytes(CachePlan.bytesFor(full.geometry(), sizes, 80, 1)));
        Rig.Ask small = absent(rig, 1);
        Rig.Ask large = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(40, 2), 12), 1));
        rig.run();
        large.attended(false);
        rig.run();
        Rig.Ask newcomer = rig.ask(Asks.greedy(Asks.prompt(40, 3), 10));
        rig.run();
        assertThat(hasYielded(large)).isTrue();
        assertThat(small.over()).isFalse();
        rig.assertAsAlone(newcomer, "in the large one's place");
    }

    @Test
    void whoIsReadHasDemandOrScoresItsPromptStays() throws RefusedException {
        Rig rig = rig(3);
        parked(rig, 1);
        Rig.Ask returned = absent(rig, 2);
        returned.attended(true);
        Rig.Ask scored = rig.ask(Asks.demand(Asks.scored(Asks.prompt(5, 3), 9), 1));
        scored.attended(false);
        rig.run();
        Rig.Ask newcomer = newcomer(rig, 4);
        rig.run();
        assertThat(rig.status().parked()).isEqualTo(3);
        assertThat(newcomer.first().started).isFalse();
        returned.attended(false);
        returned.request(20); // Heard before the newcomer is looked at.
        rig.run();
        rig.assertAsAlone(returned, "it had demand");
        rig.assertAsAlone(newcomer, "once there is room");
    }

    /** Whoever would not fit even so lets everybody stay, and is looked at again when that may have changed. */
    @Test
    void nobodyYieldsInVain() throws RefusedException {
        Rig rig = rig(4);
        Rig.Ask running = parked(rig, 1);
        Rig.Ask absent = absent(rig, 2);
        Rig.Ask wide = rig.ask(Asks.greedy(Asks.prompt(5, 3), 4), 4);
        rig.run();
        assertThat(absent.over() || wide.first().started).isFalse();
        running.attended(false);
        rig.run();
        assertThat(hasYielded(absent) && hasYielded(running)).isTrue();
        rig.assertAsAlone(wide, "in all places");
        rig.assertIdle();
    }

    /** All choices of a request hold one reservation and go together, before and after they have forked. */
    @Test
    void allChoicesYieldTogether() throws RefusedException {
        for (int demand = 0; demand < 3; demand++) {
            Rig rig = rig(3);
            Rig.Ask three = rig.ask(Asks.demand(Asks.greedy(Asks.prompt(9, 1), 8), demand), 3);
            rig.run();
            three.attended(false);
            rig.run();
            Rig.Ask newcomer = newcomer(rig, 2);
            rig.run();
            rig.assertAsAlone(newcomer, "in the first of three places");
            for (int choice = 0; choice < 3; choice++) {
                assertThat(three.heard().get(choice).reason()).isEqualTo(FinishReason.YIELDED);
                assertThat(three.heard().get(choice).tokens).hasSize(demand);
            }
            rig.assertIdle();
        }
    }

    /** Whose share is used up by answers nobody reads gets it back for what he asks now; others' answers stay. */
    @Test
    void aTenantsShareIsGivenUpToHimself() throws RefusedException {
        Rig rig = rig(4);
        Tenant half = new Tenant("half", 50);
        Rig.Ask others = absent(rig, 1);
        List<Rig.Ask> own = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            own.add(rig.ask(Asks.of(half, Asks.prompt(5, i), Asks.demand(Asks.greedy(Asks.prompt(5, i), 12), 1))));
            rig.run();
            own.get(i).attended(false);
            rig.run();
        }
        Rig.Ask next = rig.ask(Asks.of(half, Asks.prompt(5, 7), Asks.greedy(Asks.prompt(5, 7), 12)));
        rig.run();
        assertThat(next.over()).isTrue();
        assertThat(hasYielded(own.getFirst())).isTrue();
        assertThat(own.getLast().over() || others.over()).isFalse();
    }

    /** vLLM 39734 and 55800 once more, where answers nobody reads hold all there is. */
    @Test
    void aLongPromptWaitsForNobodyWhoIsAway() throws RefusedException {
        for (FakeModel windowed : List.of(FakeModel.of(50, 16), FakeModel.of(50, 0, 16, 16))) {
            EngineConfig sizes = Asks.config(2, 8, 4, 1000, 4);
            Rig rig = new Rig(windowed, sizes.withCacheBytes(CachePlan.bytesFor(windowed.geometry(), sizes, 1000, 1)));
            List<Rig.Ask> away = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                away.add(rig.ask(Asks.demand(Asks.greedy(Asks.prompt(9, i), 480), 3)));
                rig.run();
                away.get(i).attended(false);
            }
            Rig.Ask longest = rig.ask(Asks.greedy(Asks.prompt(900, 9), 100));
            rig.run();
            rig.assertAsAlone(longest, "it takes all there is");
            assertThat(away).allMatch(YieldingTest::hasYielded);
            rig.assertIdle();
        }
    }

    /** Word of who left or came that is lost for want of stack is found by its mark. */
    @Test
    void presenceThatDiesIsFound() throws Exception {
        Rig rig = rig(1);
        Rig.Ask ask = parked(rig, 1);
        HandOverTest.atTheEndOfTheStack(() -> ask.attended(false));
        Rig.Ask newcomer = newcomer(rig, 2);
        rig.run();
        assertThat(hasYielded(ask)).isTrue();
        rig.assertAsAlone(newcomer, "in its place");
    }

    /** An answer in the pieces in which it came. */
    private static final class Story {
        final Submission whole;
        final List<Integer> tokens = new ArrayList<>();
        final List<Float> logprobs = new ArrayList<>();
        Rig.Ask now;
        boolean read = true;
        int returns;

        Story(Rig rig, Submission whole) throws RefusedException {
            this.whole = whole;
            now = rig.ask(whole);
        }

        boolean isOver() {
            return now.over() && !hasYielded(now);
        }

        void comeBack(Rig rig) throws RefusedException {
            tokens.addAll(now.first().tokens);
            logprobs.addAll(now.first().logprobs);
            now = rig.ask(Asks.continued(Asks.demand(whole, 0), tokens));
            returns++;
        }

        /** What its reader may do at any time. */
        void happens(Rig rig, SplittableRandom random) throws RefusedException {
            if (isOver()) {
                return;
            }
            if (random.nextInt(4) == 0) {
                read = random.nextInt(3) == 0;
                now.attended(read);
            }
            if (read && hasYielded(now)) {
                comeBack(rig);
            }
            if (read && random.nextBoolean()) {
                now.request(1 + random.nextInt(4));
            }
        }
    }

    /** Whoever comes, leaves and comes back when: each answer is, in its pieces, the one it would have been. */
    @Test
    void whoeverYieldsAndReturnsHasTheSameAnswer() throws RefusedException {
        int returns = 0;
        for (int seed = 1; seed <= 60; seed++) {
            returns += compare(seed);
        }
        assertThat(returns).isGreaterThan(100);
    }

    private static int compare(int seed) throws RefusedException {
        SplittableRandom random = new SplittableRandom(seed);
        int[][] windows = {{0}, {11}, {0, 11}, {11, 5, 0}};
        FakeModel some = FakeModel.of(50, windows[random.nextInt(windows.length)]);
        int lanes = 1 + random.nextInt(3);
        EngineConfig sizes = Asks.config(lanes, 8, 1 + random.nextInt(6), 60, lanes + random.nextInt(2));
        EngineConfig config = random.nextInt(4) == 0 ? Asks.cold(sizes) : sizes;
        AtomicInteger yielded = new AtomicInteger();
        EngineObserver counting = new EngineObserver() {
            @Override
            public void yielded() {
                yielded.incrementAndGet();
            }
        };
        Rig rig = seed % 2 == 0 ? new Rig(some, config, counting) : Rig.guessing(some, config, counting, seed);
        List<Story> stories = new ArrayList<>();
        for (int turn = 0; turn < 150; turn++) {
            if (stories.size() < 14 && random.nextInt(4) == 0) {
                stories.add(new Story(rig, Asks.random(random, 30, 25, random.nextInt(4))));
            }
            for (Story story : stories) {
                story.happens(rig, random);
            }
            rig.steps(random.nextInt(3));
        }
        for (int round = 0; !stories.stream().allMatch(Story::isOver); round++) {
            assertThat(round).as("rounds until all that are read are whole").isLessThan(100);
            for (Story story : stories) {
                if (hasYielded(story.now)) {
                    story.comeBack(rig);
                }
                if (!story.isOver()) {
                    story.now.attended(true);
                    story.now.request(1000);
                }
            }
            rig.run();
        }
        for (Story story : stories) {
            FakeReference expected = FakeReference.run(some.geometry(), 60, story.whole, 0);
            story.tokens.addAll(story.now.first().tokens);
            story.logprobs.addAll(story.now.first().logprobs);
            assertThat(story.tokens).as("seed %d", seed).isEqualTo(expected.tokens());
            assertThat(story.logprobs).isEqualTo(expected.logprobs());
            assertThat(story.now.first().reason()).isEqualTo(expected.reason());
            assertThat(story.whole.promptTops() < 0 || story.returns == 0).isTrue();
        }
        assertThat(yielded.get())
                .isEqualTo(stories.stream().mapToInt(story -> story.returns).sum());
        rig.assertIdle();
        return yielded.get();
    }
}
