package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A turn computed by one engine is gone on from by another with the same tokens, and is not computed again. */
final class SnapshotsTest {
    private static final int CONTEXT = 200;
    private static final int VOCABULARY = 50;
    private static final int[][] GEOMETRIES = {{0}, {11}, {1}, {0, 11}, {11, 5, 0}, {29, 1}};

    private static KeptBlocks store(int[] windows, int page) {
        return new KeptBlocks(windows.length * 2 * 8 * page * Float.BYTES);
    }

    private static Rig rig(int[] windows, EngineConfig config, PageStore store) {
        return new Rig(FakeModel.of(VOCABULARY, windows), config, store);
    }

    private static Submission going(int[] prompt, List<Integer> answer, int more, int maxTokens) {
        int[] next = Arrays.copyOf(prompt, prompt.length + answer.size() + more);
        for (int i = 0; i < answer.size() + more; i++) {
            next[prompt.length + i] = i < answer.size() ? answer.get(i) : (7 * i + 3) % VOCABULARY;
        }
        return Asks.greedy(next, maxTokens);
    }

    /** Where no layer sees anything before a token, there is nothing to keep. */
    private static int remembered(int[] windows, int tokens) {
        return Arrays.stream(windows).allMatch(window -> window == 1) ? 0 : tokens;
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 40);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theNextTurnOnAnotherEngine(long seed) throws RefusedException {
        SplittableRandom random = new SplittableRandom(seed);
        int[] windows = GEOMETRIES[random.nextInt(GEOMETRIES.length)];
        int page = 1 + random.nextInt(9);
        EngineConfig config = Asks.config(2, 2 + random.nextInt(20), page, CONTEXT, 4);
        KeptBlocks store = store(windows, page);
        int[] prompt = Asks.prompt(1 + random.nextInt(90), (int) seed);
        Rig first = rig(windows, config, store);
        Rig.Ask turn = first.ask(Asks.greedy(prompt, 1 + random.nextInt(40)));
        first.run().assertAsAlone(turn, "seed " + seed);
        first.engine.close();

        Rig second = rig(windows, config, store);
        Submission next = going(prompt, turn.first().tokens, 1 + random.nextInt(20), 12);
        Rig.Ask ask = second.ask(next);
        second.run().assertAsAlone(ask, "seed " + seed);
        // All whole blocks of what was computed: the last token of an answer never is.
        int computed = prompt.length + turn.first().tokens.size() - 1;
        int found = remembered(windows, computed / page * page);
        assertThat(ask.first().finish().cachedTokens()).as("seed " + seed).isEqualTo(found);
        assertThat(second.status().promptTokens()).as("seed " + seed).isEqualTo(next.prompt().length - found);
        assertThat(store.lent).as("buffers not given back").isZero();
        second.assertIdle();
    }

    /** An answer that was cut goes on elsewhere: nothing is lost or doubled, and little is computed again. */
    @ParameterizedTest
    @MethodSource("seeds")
    void aCutAnswerGoesOnOnAnotherEngine(long seed) throws RefusedException {
        SplittableRandom random = new SplittableRandom(seed);
        int[] windows = GEOMETRIES[random.nextInt(GEOMETRIES.length)];
        int page = 1 + random.nextInt(9);
        EngineConfig config = Asks.config(2, 2 + random.nextInt(20), page, CONTEXT, 4);
        KeptBlocks store = store(windows, page);
        Submission uncut = new Submission(
                Asks.prompt(1 + random.nextInt(60), (int) seed),
                60,
                0,
                Set.of(),
                Asks.sampling(seed),
                -1,
                -1,
                Long.MAX_VALUE);
        Rig first = rig(windows, config, store);
        Rig.Ask cut = first.ask(Asks.demand(uncut, 1 + random.nextInt(50)));
        first.run();
        first.engine.close();
        List<Integer> known = cut.first().tokens;
        assertThat(cut.first().reason()).isEqualTo(FinishReason.CANCELLED);

        Rig second = rig(windows, config, store);
        Rig.Ask rest = second.ask(Asks.continued(uncut, known));
        second.run();
        List<Integer> joined = new ArrayList<>(known);
        joined.addAll(rest.first().tokens);
        assertThat(joined)
                .as("seed " + seed)
                .isEqualTo(FakeReference.run(second.model.geometry(), CONTEXT, uncut, 0)
                        .tokens());
        int all = uncut.prompt().length + known.size();
        int found = remembered(windows, (all - 1) / page * page);
        assertThat(second.status().promptTokens()).as("seed " + seed).isEqualTo(all - found);
        second.assertIdle();
    }

    @Test
    void whatIsStillInMemoryIsNotAskedFor() throws RefusedException {
        KeptBlocks store = store(new int[] {0}, 4);
        Rig rig = rig(new int[] {0}, Asks.config(2, 8, 4, CONTEXT, 4), store);
        int[] prompt = Asks.prompt(40, 1);
        Rig.Ask turn = rig.ask(Asks.greedy(prompt, 10));
        rig.run();
        rig.ask(going(prompt, turn.first().tokens, 5, 5));
        rig.run();
        assertThat(store.fetched).isZero();
        assertThat(store.blocks).hasSize((40 + 10 + 5 + 4) / 4);
    }

    /** A request that waits for the store can be cancelled, delays nobody, and is ended with the engine. */
    @Test
    void nobodyElseWaitsForTheStore() throws RefusedException {
        KeptBlocks store = store(new int[] {0}, 4);
        EngineConfig config = Asks.config(2, 8, 4, CONTEXT, 4);
        Rig first = rig(new int[] {0}, config, store);
        first.ask(Asks.greedy(Asks.prompt(40, 1), 10));
        first.run().engine.close();

        store.answersAtOnce = false;
        Rig second = rig(new int[] {0}, config, store);
        Rig.Ask waits = second.ask(Asks.greedy(Asks.prompt(40, 1), 10));
        Rig.Ask leaves = second.ask(Asks.greedy(Asks.prompt(40, 1), 10));
        Rig.Ask brief = second.ask(Asks.greedy(Asks.prompt(3, 1), 10));
        second.run();
        assertThat(brief.first().over())
                .as("one block is less than a page: nothing is asked")
                .isTrue();
        assertThat(second.status().queued()).isEqualTo(2);
        leaves.cancel();
        second.run();
        assertThat(leaves.first().reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(second.status().queued()).isEqualTo(1);
        while (store.answer()) {
            second.step();
        }
        second.run().assertAsAlone(waits, "after all");
        assertThat(waits.first().finish().cachedTokens()).isEqualTo(36);
        assertThat(store.lent).isZero();

        Rig.Ask never = second.ask(Asks.greedy(Asks.prompt(80, 9), 10));
        second.step();
        second.engine.close();
        assertThat(never.first().reason()).isEqualTo(FinishReason.CANCELLED);
    }

    /** Blocks are copied when there is room, and those that are left when the engine closes. */
    @Test
    void aSlowStoreGetsTheRestLater() throws RefusedException {
        KeptBlocks store = store(new int[] {0}, 4);
        store.room = 3;
        Rig rig = rig(new int[] {0}, Asks.config(2, 8, 4, CONTEXT, 4), store);
        rig.ask(Asks.greedy(Asks.prompt(40, 1), 10));
        rig.run();
        assertThat(store.blocks).hasSize(3);
        store.room = 2;
        rig.run();
        assertThat(store.blocks).hasSize(5);
        store.room = 100;
        rig.engine.close();
        assertThat(store.blocks).hasSize(12);
    }

    /** Numbers that are none come from a file that is sound as a file: whoever asks again gets them no more. */
    @Test
    void whatWasSpoiledIsForgotten() throws RefusedException {
        KeptBlocks store = store(new int[] {0}, 4);
        EngineConfig config = Asks.config(2, 8, 4, CONTEXT, 4);
        Rig first = rig(new int[] {0}, config, store);
        int[] prompt = Asks.prompt(40, 1);
        first.ask(Asks.greedy(prompt, 1));
        first.run().engine.close();
        assertThat(store.blocks).hasSize(10);

        Rig second = rig(new int[] {0}, config, store);
        int[] more = Arrays.copyOf(prompt, 43);
        Arrays.fill(more, 40, 43, 49);
        second.model.poison(49);
        Rig.Ask failed = second.ask(Asks.greedy(more, 3));
        second.run();
        assertThat(failed.first().reason()).isEqualTo(FinishReason.ERROR);
        assertThat(store.blocks).isEmpty();
        assertThat(store.forgotten).hasSizeGreaterThanOrEqualTo(10);
    }

    /** More than memory holds is not brought in, and what is in use stays. */
    @Test
    void asMuchAsThereIsRoomFor() throws RefusedException {
        KeptBlocks store = store(new int[] {0}, 4);
        EngineConfig config = Asks.config(2, 8, 4, CONTEXT, 4);
        Rig first = rig(new int[] {0}, config, store);
        first.ask(Asks.greedy(Asks.prompt(150, 1), 10));
        first.run().engine.close();

        FakeModel model = FakeModel.of(VOCABULARY, 0);
        EngineConfig small = config.withCacheBytes(CachePlan.bytesFor(model.geometry(), config, CONTEXT, 1));
        Rig second = new Rig(model, small, store);
        Rig.Ask holds = second.ask(Asks.demand(Asks.greedy(Asks.prompt(100, 2), 10), 5));
        second.run();
        Rig.Ask waits = second.ask(Asks.greedy(Asks.prompt(150, 1), 10));
        second.run();
        assertThat(waits.first().over()).isFalse();
        holds.request(10);
        second.run().assertAsAlone(holds, "the first");
        second.assertAsAlone(waits, "the second");
        assertThat(waits.first().finish().cachedTokens()).isPositive();
        second.assertIdle();
    }
}
