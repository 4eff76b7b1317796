package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is computed again and what is not, counted in rows. */
final class PrefixCacheTest {
    private static final int CONTEXT = 2000;
    private static final int PAGE = 32;

    private long rows;

    private Rig rig(int slots, int... windows) {
        return rig(FakeModel.of(50, windows), Asks.config(4, 64, PAGE, CONTEXT, slots));
    }

    private Rig rig(FakeModel model, EngineConfig config) {
        model.spy(batch -> rows += batch.rows());
        return new Rig(model, config);
    }

    /** Rows that a request took, run to its end. */
    private long rows(Rig rig, Submission submission, int choices) throws RefusedException {
        long before = rows;
        Rig.Ask ask = rig.ask(submission, choices);
        rig.run().assertAsAlone(ask, "found or not");
        return rows - before;
    }

    private long rows(Rig rig, Submission submission) throws RefusedException {
        return rows(rig, submission, 1);
    }

    /** As {@code generate: false} asks. Where nothing is kept it would be for nothing. */
    @Test
    void aPromptThatIsOnlyPreparedIsComputed() throws RefusedException {
        Rig rig = rig(4, 0, 48);
        assertThat(rows(rig, Asks.greedy(Asks.prompt(200, 1), 0))).isEqualTo(199);
        assertThat(rows(rig, Asks.greedy(Asks.prompt(200, 1), 1)))
                .as("the rest")
                .isEqualTo(1);
        rig.assertIdle();
        Rig cold = rig(FakeModel.of(50, 0, 48), Asks.cold(Asks.config(4, 64, PAGE, CONTEXT, 4)));
        assertThat(rows(cold, Asks.greedy(Asks.prompt(200, 1), 0))).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "48, 48", "0, 48", "1, 48"})
    void thePromptOfAMomentAgoIsNotComputedTwice(int one, int other) throws RefusedException {
        Rig rig = rig(4, one, other);
        Submission submission = Asks.greedy(Asks.prompt(631, 1), 1);
        assertThat(rows(rig, submission)).isEqualTo(631);
        Rig.Ask again = rig.ask(submission);
        long before = rows;
        rig.run().assertAsAlone(again, "again");
        assertThat(rows - before).as("the last token, for what comes after it").isEqualTo(1);
        assertThat(again.first().finish().cachedTokens()).isEqualTo(630);
        assertThat(again.first().cached).as("told with the first token").isEqualTo(630);
        assertThat(rig.status().promptTokens()).isEqualTo(632);
        assertThat(rig.status().soughtTokens()).isEqualTo(2 * 631);
        assertThat(rig.status().foundTokens()).isEqualTo(630);
        assertThat(rig.status().pagesKept()).isPositive();
        rig.assertIdle();
    }

    @Test
    void whereNothingIsKeptEverythingIsComputed() throws RefusedException {
        Rig rig = rig(FakeModel.of(50, 0), Asks.cold(Asks.config(4, 64, PAGE, CONTEXT, 4)));
        Submission submission = Asks.greedy(Asks.prompt(631, 1), 1);
        assertThat(rows(rig, submission)).isEqualTo(631);
        assertThat(rows(rig, submission)).isEqualTo(631);
        assertThat(rig.status().pagesKept()).isZero();
        assertThat(rig.status().soughtTokens()).isZero();
    }

    /** However far the window has moved past the prompt, and wherever answers end in a page. */
    @ParameterizedTest
    @CsvSource({"0, 0", "48, 48", "0, 48", "7, 300"})
    void theNextTurnOfAChatComputesWhatIsNew(int one, int other) throws RefusedException {
        Rig rig = rig(4, one, other);
        int[] prompt = Asks.prompt(100, 1);
        for (int turn = 0; turn < 8; turn++) {
            int answer = 60 + 7 * turn;
            Rig.Ask ask = rig.ask(Asks.greedy(prompt, answer));
            rig.run().assertAsAlone(ask, "turn " + turn);
            int[] next = Asks.joined(ask.submission().prompt(), ask.first().tokens, Asks.prompt(20, turn + 2));
            long before = rows;
            Rig.Ask following = rig.ask(Asks.greedy(next, 1));
            rig.run().assertAsAlone(following, "turn " + turn);
            // The answer's last token was drawn but never computed.
            assertThat(rows - before).as("turn %d", turn).isEqualTo(1 + 20);
            prompt = next;
        }
    }

    /** Another answer to the same prompt, after the first one rolled the window far past its end and others came. */
    @Test
    void anotherAnswerToTheSamePromptFindsItsEnd() throws RefusedException {
        FakeModel model = FakeModel.of(50, 48);
        EngineConfig sizes = Asks.config(4, 64, PAGE, CONTEXT, 4);
        Rig rig = rig(model, sizes.withCacheBytes(CachePlan.bytesFor(model.geometry(), sizes, CONTEXT, 4)));
        assertThat(rig.status().pagesTotal()).isEqualTo(20);
        int[] prompt = Asks.prompt(300, 1);
        rows(rig, Asks.greedy(prompt, 1000));
        for (int i = 0; i < 4; i++) { // Eight pages: more than the answer's own that the window has passed.
            rows(rig, Asks.greedy(Asks.prompt(64, 2 + i), 1));
        }
        Submission sampled = new Submission(prompt, 5, 0, Set.of(), Asks.sampling(3), -1, -1, Long.MAX_VALUE);
        assertThat(rows(rig, sampled)).isEqualTo(1 + 4);
    }

    /** A prompt that parts from an earlier one in the middle of a page has what lies before that. */
    @ParameterizedTest
    @ValueSource(ints = {1, 31, 32, 33, 100, 299})
    void whatComesBeforeADifferenceIsShared(int same) throws RefusedException {
        Rig rig = rig(4, 0);
        int[] prompt = Asks.prompt(300, 1);
        rows(rig, Asks.greedy(prompt, 1));
        int[] other = prompt.clone();
        other[same] = (other[same] + 1) % 50;
        assertThat(rows(rig, Asks.greedy(other, 1))).isEqualTo(300 - same);
        // And the first one is still whole.
        assertThat(rows(rig, Asks.greedy(prompt, 1))).isEqualTo(1);
    }

    /** With a window, a beginning is found as far as the ring that ended there is whole: here where it still runs. */
    @Test
    void aBeginningInTheMiddleOfAWindowIsFoundWhileItsPagesAreThere() throws RefusedException {
        Rig rig = rig(4, 48);
        int[] prompt = Asks.prompt(300, 1);
        rows(rig, Asks.greedy(prompt, 1));
        int[] other = prompt.clone();
        other[150] = (other[150] + 1) % 50;
        // The pool has room, so what the window passed is still there.
        assertThat(rows(rig, Asks.greedy(other, 1))).isEqualTo(150);
    }

    @Test
    void requestsThatCameTogetherComputeTheirPromptOnce() throws RefusedException {
        Rig rig = rig(6, 0, 48);
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            asks.add(rig.ask(Asks.greedy(Asks.joined(Asks.prompt(320, 1), List.of(), i, i + 1, i + 2), 1)));
        }
        rig.run();
        for (Rig.Ask ask : asks) {
            rig.assertAsAlone(ask, "together");
        }
        assertThat(rows).isEqualTo(320 + 6 * 3);
        rig.assertIdle();
    }

    /** Who waits for another's block computes it himself as soon as the other does not go on. */
    @Test
    void nobodyWaitsForOneWhoLeaves() throws RefusedException {
        Rig rig = rig(4, 0);
        Rig.Ask first = rig.ask(Asks.greedy(Asks.prompt(320, 1), 1));
        Rig.Ask second = rig.ask(Asks.greedy(Asks.prompt(320, 1), 1));
        rig.step();
        first.cancel();
        rig.run().assertAsAlone(second, "second");
        assertThat(rows).isEqualTo(320);
        assertThat(second.first().finish().cachedTokens()).isEqualTo(64);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "48, 48", "0, 48"})
    void choicesShareWhatWasFound(int one, int other) throws RefusedException {
        Rig rig = rig(4, one, other);
        int[] prompt = Asks.prompt(200, 1);
        Submission submission = new Submission(prompt, 50, 0, Set.of(), Asks.sampling(1), 1, -1, Long.MAX_VALUE);
        assertThat(rows(rig, submission, 4)).isEqualTo(199 + 4 * 50);
        Rig.Ask again = rig.ask(submission, 4);
        long before = rows;
        rig.run().assertAsAlone(again, "again");
        assertThat(rows - before).isEqualTo(4 * 50);
        assertThat(again.first().finish().cachedTokens()).isEqualTo(199);
        rig.assertIdle();
    }

    @Test
    void aScoredPromptIsScoredWhole() throws RefusedException {
        Rig rig = rig(4, 0);
        int[] prompt = Asks.prompt(100, 1);
        rows(rig, Asks.greedy(prompt, 1));
        Rig.Ask scored = rig.ask(Asks.scored(prompt, 2));
        rig.run().assertAsAlone(scored, "scored");
        assertThat(scored.first().promptLogprobs()).hasSize(99);
        assertThat(scored.first().finish().cachedTokens()).isZero();
        assertThat(rows(rig, Asks.greedy(Asks.joined(prompt, List.of(), 7), 1))).isEqualTo(1);
    }

    /** What somebody broke off is as good as what he finished. */
    @Test
    void whatWasCancelledIsFoundAsFarAsItCame() throws RefusedException {
        Rig rig = rig(4, 0);
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(300, 1), 1));
        rig.steps(2);
        ask.cancel();
        rig.run();
        assertThat(rows(rig, Asks.greedy(Asks.prompt(300, 1), 1))).isEqualTo(300 - 2 * 64);
    }

    /** What a failed sequence computed, or read, is not trusted again, nor what its window has moved past. */
    @ParameterizedTest
    @CsvSource({"0, 0", "48, 48", "0, 48"})
    void whatIsNoNumberIsNotKept(int one, int other) throws RefusedException {
        FakeModel model = FakeModel.of(50, one, other);
        Rig rig = rig(model, Asks.config(4, 64, PAGE, CONTEXT, 4));
        int[] prompt = Asks.prompt(300, 1);
        prompt[299] = 49;
        model.poison(49);
        Rig.Ask failed = rig.ask(Asks.greedy(prompt, 1));
        rig.run();
        assertThat(failed.first().reason()).isEqualTo(FinishReason.ERROR);
        assertThat(rig.status().pagesKept()).isZero();
        rig.assertIdle();
        int[] sound = Arrays.copyOf(prompt, 299);
        assertThat(rows(rig, Asks.greedy(sound, 1))).as("all is computed anew").isEqualTo(299);
    }

    /** Of an answer, too, and while somebody else has its beginning. */
    @Test
    void whatWasGeneratedBeforeIsNotKept() throws RefusedException {
        FakeModel model = FakeModel.of(50, 48);
        Rig rig = rig(model, Asks.config(4, 64, PAGE, CONTEXT, 4));
        int[] prompt = Asks.prompt(100, 1);
        Rig.Ask sound = rig.ask(Asks.greedy(prompt, 500));
        rig.steps(3);
        Rig.Ask failed = rig.ask(Asks.greedy(prompt, 500));
        while (failed.first().tokens.size() < 300) {
            rig.steps(1);
        }
        IntStream.range(0, 50).forEach(model::poison);
        rig.run();
        assertThat(failed.first().reason()).isEqualTo(FinishReason.ERROR);
        assertThat(sound.first().reason()).isEqualTo(FinishReason.ERROR);
        assertThat(rig.status().pagesKept()).isZero();
        rig.assertIdle();
    }

    /** Every page holds something that may be found; yet whoever comes is admitted at once, as on an empty cache. */
    @ParameterizedTest
    @CsvSource({"0, 0", "48, 48", "0, 48"})
    void whatIsKeptStandsInNobodysWay(int one, int other) throws RefusedException {
        FakeModel model = FakeModel.of(50, one, other);
        EngineConfig sizes = Asks.config(2, 64, 8, 400, 2);
        Rig rig = rig(model, sizes.withCacheBytes(CachePlan.bytesFor(model.geometry(), sizes, 400, 2)));
        for (int i = 0; i < 30; i++) {
            rows(rig, Asks.greedy(Asks.prompt(300, i), 50));
        }
        assertThat(rig.status().pagesKept()).isEqualTo(rig.status().pagesTotal());
        List<Rig.Ask> asks = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            asks.add(rig.ask(Asks.greedy(Asks.prompt(300, 100 + i), 100)));
        }
        rig.step();
        assertThat(rig.status().queued()).isZero();
        assertThat(rig.status().reservedRatio()).isEqualTo(1);
        rig.run();
        for (Rig.Ask ask : asks) {
            rig.assertAsAlone(ask, "on a full cache");
        }
    }

    /** What was used last stays longest. */
    @Test
    void whatWasUsedLongestAgoGoesFirst() throws RefusedException {
        FakeModel model = FakeModel.of(50, 0);
        EngineConfig sizes = Asks.config(2, 64, 8, 400, 4);
        Rig rig = rig(model, sizes.withCacheBytes(CachePlan.bytesFor(model.geometry(), sizes, 400, 1)));
        int[][] prompts = {Asks.prompt(100, 1), Asks.prompt(100, 2), Asks.prompt(100, 3)};
        for (int[] prompt : prompts) {
            rows(rig, Asks.greedy(prompt, 1));
        }
        assertThat(rows(rig, Asks.greedy(prompts[0], 1))).isEqualTo(1);
        rows(rig, Asks.greedy(Asks.prompt(200, 4), 1));
        assertThat(rows(rig, Asks.greedy(prompts[0], 1))).isEqualTo(1);
        assertThat(rows(rig, Asks.greedy(prompts[1], 1))).isGreaterThan(1);
    }

    /** Age costs nothing: what a window has passed is given up first, and a stream takes its own back. */
    @Test
    void aLongStreamLeavesOthersWhatIsTheirs() throws RefusedException {
        FakeModel model = FakeModel.of(50, 48);
        EngineConfig sizes = Asks.config(2, 64, 8, CONTEXT, 4);
        Rig rig = rig(model, sizes.withCacheBytes(CachePlan.bytesFor(model.geometry(), sizes, CONTEXT, 4)));
        int[] prompt = Asks.prompt(60, 1);
        rows(rig, Asks.greedy(prompt, 1));
        rows(rig, Asks.greedy(Asks.prompt(10, 2), 1900));
        assertThat(rows(rig, Asks.greedy(prompt, 1))).isEqualTo(1);
    }
}
