package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Promise 2: admitted means finished, by one formula; what cannot be admitted in time is refused at once. */
final class AdmissionTest {

    /** A cache for so many sequences of the whole context. */
    private static EngineConfig sized(FakeModel model, EngineConfig sizes, int sequences) {
        return sizes.withCacheBytes(CachePlan.bytesFor(model.geometry(), sizes, sizes.contextTokens(), sequences));
    }

    private static RefusedException refusal(Rig rig, Submission submission, int choices) {
        return catchThrowableOfType(RefusedException.class, () -> rig.ask(submission, choices));
    }

    /**
     * vLLM 39734: a prompt longer than the pool was held to need all its pages, though a window's chunks never hold more
     * than W - 1 + C tokens at a time; it waited for ever at zero use.
     */
    @Test
    void aLongPromptOnAWindowedModelNeedsOnlyItsRing() throws RefusedException {
        FakeModel model = FakeModel.of(50, 16);
        Rig rig = new Rig(model, sized(model, Asks.config(1, 8, 4, 10_000, 1), 1));
        assertThat(rig.status().pagesTotal()).isEqualTo(7); // ceil(23 / 4) + 1
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(3000, 1), 20));
        rig.run().assertAsAlone(ask, "3000 tokens through 28 places");
        rig.assertIdle();
    }

    /** vLLM 55800: with full and windowed layers together, admission counted more than allocation would ever take. */
    @Test
    void aLongPromptOnFullAndWindowedLayersNeedsWhatTheFormulaSays() throws RefusedException {
        FakeModel model = FakeModel.of(50, 0, 16, 16);
        Rig rig = new Rig(model, sized(model, Asks.config(2, 8, 4, 1000, 2), 1));
        assertThat(rig.status().pagesTotal()).isEqualTo(250 + 7 + 7);
        Rig.Ask first = rig.ask(Asks.greedy(Asks.prompt(950, 1), 50));
        Rig.Ask second = rig.ask(Asks.greedy(Asks.prompt(980, 2), 20));
        rig.run();
        rig.assertAsAlone(first, "fills the full group");
        rig.assertAsAlone(second, "waited for it");
    }

    @Test
    void aLongPromptIsNotOvertakenForEver() throws RefusedException {
        FakeModel model = FakeModel.of(50, 0);
        Rig rig = new Rig(model, sized(model, Asks.config(4, 8, 4, 400, 8), 2));
        List<Rig.Ask> small = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            small.add(rig.ask(Asks.greedy(Asks.prompt(3, i), 120)));
        }
        rig.steps(3);
        Rig.Ask large = rig.ask(Asks.greedy(Asks.prompt(350, 9), 40));
        int steps = 0;
        while (!large.first().started) {
            // New small ones keep coming, and the cache would have room for each of them.
            if (small.stream().filter(ask -> !ask.over()).count() < 8) {
                small.add(rig.ask(Asks.greedy(Asks.prompt(3, steps), 20)));
            }
            rig.step();
            assertThat(++steps).isLessThan(500);
        }
        rig.run();
        for (Rig.Ask ask : small) {
            rig.assertAsAlone(ask, "small");
        }
        rig.assertAsAlone(large, "large");
    }

    @Test
    void whatCanNeverRunIsRefusedAtOnce() {
        FakeModel model = FakeModel.of(50, 0);
        Rig rig = new Rig(model, sized(model, Asks.config(2, 8, 4, 100, 6), 2));
        assertThat(refusal(rig, Asks.greedy(Asks.prompt(101, 1), 0), 1))
                .hasMessageContaining("101 tokens")
                .satisfies(e -> {
                    assertThat(e.refusal()).isEqualTo(Cause.TOO_LARGE);
                    assertThat(e.retryAfterSeconds()).isZero();
                });
        assertThat(refusal(rig, Asks.greedy(Asks.prompt(100, 1), 1), 1)).hasMessageContaining("100");
        assertThat(refusal(rig, Asks.greedy(Asks.prompt(10, 1), 5), 7)).hasMessageContaining("7 choices");
        assertThat(refusal(rig, Asks.greedy(Asks.prompt(10, 1), 90), 5)).hasMessageContaining("more cache");
        assertThat(rig.step()).isFalse();
    }

    @Test
    void theAnswerEndsWithTheContext() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 8), Asks.config(1, 8, 4, 100, 1));
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(90, 1), Integer.MAX_VALUE));
        rig.run().assertAsAlone(ask, "ten more");
        assertThat(ask.first().tokens).hasSize(10);
        assertThat(ask.first().finish()).isEqualTo(new Finish(FinishReason.LENGTH, -1, 90, 0, 10, ""));
    }

    @Test
    void meaninglessSubmissionsNameTheField() {
        Rig rig = new Rig(FakeModel.of(50, 8), Asks.config(1, 8, 4, 100, 1));
        int[] one = {1};
        Sampling greedy = Sampling.GREEDY;
        Sampling biased = Sampling.GREEDY.withBias(Map.of(50, 1f));
        assertInvalid(rig, new Submission(new int[0], 1, 0, Set.of(), greedy, -1, -1, 1), "prompt");
        assertInvalid(rig, new Submission(new int[] {50}, 1, 0, Set.of(), greedy, -1, -1, 1), "vocabulary: 50");
        assertInvalid(rig, new Submission(new int[] {-1}, 1, 0, Set.of(), greedy, -1, -1, 1), "vocabulary: -1");
        assertInvalid(rig, new Submission(one, -1, 0, Set.of(), greedy, -1, -1, 1), "max_tokens");
        assertInvalid(rig, new Submission(one, 1, -1, Set.of(), greedy, -1, -1, 1), "min_tokens");
        assertInvalid(rig, new Submission(one, 1, 0, Set.of(50), greedy, -1, -1, 1), "end token");
        assertInvalid(rig, new Submission(one, 1, 0, Set.of(), biased, -1, -1, 1), "logit_bias");
        Sampling allowed = Sampling.GREEDY.withAllowed(Set.of(3, 50));
        assertInvalid(rig, new Submission(one, 1, 0, Set.of(), allowed, -1, -1, 1), "allowed_token_ids");
        assertInvalid(rig, new Submission(one, 1, 0, Set.of(), greedy, 21, -1, 1), "top logprobs");
        assertInvalid(rig, new Submission(one, 1, 0, Set.of(), greedy, -1, -2, 1), "prompt logprobs");
        assertInvalid(rig, new Submission(one, 1, 0, Set.of(), greedy, -1, -1, -1), "demand");
        assertThatThrownBy(() -> rig.ask(Asks.greedy(one, 1), 0)).hasMessageContaining("choices");
    }

    private static void assertInvalid(Rig rig, Submission submission, String field) {
        assertThatThrownBy(() -> rig.ask(submission))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(field);
    }

    @Test
    void theQueueIsBoundedInRequests() throws RefusedException {
        FakeModel model = FakeModel.of(50, 0);
        Rig rig = new Rig(model, Asks.withQueue(Asks.config(1, 8, 4, 100, 1), 3, 1000));
        Rig.Ask running = rig.ask(Asks.greedy(Asks.prompt(4, 1), 20));
        rig.step();
        for (int i = 0; i < 3; i++) {
            rig.ask(Asks.greedy(Asks.prompt(4, i), 20));
        }
        RefusedException busy = refusal(rig, Asks.greedy(Asks.prompt(4, 1), 20), 1);
        assertThat(busy.refusal()).isEqualTo(Cause.BUSY);
        assertThat(busy.retryAfterSeconds()).isPositive();
        rig.step();
        assertThat(rig.status().queued()).isEqualTo(3);
        running.cancel();
        rig.step();
        assertThat(rig.ask(Asks.greedy(Asks.prompt(4, 1), 20))).isNotNull();
        rig.run().assertIdle();
    }

    @Test
    void theQueueIsBoundedInTokensButTakesAnyOneRequest() throws RefusedException {
        FakeModel model = FakeModel.of(50, 0);
        Rig rig = new Rig(model, Asks.withQueue(Asks.config(1, 8, 4, 100, 1), 100, 50));
        Rig.Ask running = rig.ask(Asks.greedy(Asks.prompt(4, 1), 90));
        rig.step();
        Rig.Ask waiting = rig.ask(Asks.greedy(Asks.prompt(80, 1), 5));
        RefusedException busy = refusal(rig, Asks.greedy(Asks.prompt(1, 1), 5), 1);
        assertThat(busy.refusal()).isEqualTo(Cause.BUSY);
        assertThat(busy).hasMessage("the server is busy; what waits already: 1 request with 80 prompt tokens");
        waiting.cancel();
        rig.step();
        Rig.Ask other = rig.ask(Asks.greedy(Asks.prompt(50, 1), 5));
        assertThat(refusal(rig, Asks.greedy(Asks.prompt(1, 1), 5), 1).refusal()).isEqualTo(Cause.BUSY);
        rig.run();
        rig.assertAsAlone(running, "running");
        rig.assertAsAlone(other, "waiting");
        assertThat(waiting.first().reason()).isEqualTo(FinishReason.CANCELLED);
    }

    /** A step takes a second here: the k-th client turned away is told when the k-th place should be free. */
    @Test
    void retryAfterFollowsTheMeasuredRates() throws RefusedException {
        FakeModel model = FakeModel.of(50, 0);
        Rig rig = new Rig(model, Asks.cold(Asks.withQueue(Asks.config(1, 10, 4, 200, 1), 4, 10_000)));
        model.spy(batch -> rig.nanos.addAndGet(1_000_000_000));
        Rig.Ask first = rig.ask(Asks.greedy(Asks.prompt(100, 1), 30));
        rig.run();
        assertThat(first.over()).isTrue();
        // Measured: 0.1 s a prompt token, 1 s a generated one, 30 generated a sequence.
        rig.ask(Asks.greedy(Asks.prompt(100, 1), 30));
        rig.step();
        for (int i = 0; i < 4; i++) {
            rig.ask(Asks.greedy(Asks.prompt(100, 1), 30));
        }
        // Five sequences of 10 + 30 s each, one of them with a chunk of 10 done: 199 s.
        Submission late = Asks.greedy(Asks.prompt(100, 1), 30);
        // The first place when the running one should have ended, the others as those that wait end; a fifth is
        // caution.
        assertThat(refusal(rig, late, 1).retryAfterSeconds()).isBetween(50, 52);
        assertThat(refusal(rig, late, 1).retryAfterSeconds()).isBetween(102, 104);
        assertThat(refusal(rig, late, 1).retryAfterSeconds()).isBetween(154, 156);
    }

    @Test
    void closedIsUnavailable() throws RefusedException {
        Rig rig = new Rig(FakeModel.of(50, 0), Asks.config(1, 8, 4, 100, 1));
        Rig.Ask running = rig.ask(Asks.greedy(Asks.prompt(4, 1), 20));
        rig.step();
        Rig.Ask waiting = rig.ask(Asks.greedy(Asks.prompt(4, 1), 20));
        rig.engine.close();
        assertThat(running.first().reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(waiting.first().reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(refusal(rig, Asks.greedy(Asks.prompt(4, 1), 2), 1).refusal()).isEqualTo(Cause.UNAVAILABLE);
        rig.engine.close();
        rig.assertIdle();
    }

    @Test
    void choicesShareTheirReservation() throws RefusedException {
        FakeModel model = FakeModel.of(50, 0);
        Rig rig = new Rig(model, sized(model, Asks.config(4, 50, 4, 100, 4), 1));
        // 21 full pages are shared; each of the four needs one more of its own: 25.
        Rig.Ask ask = rig.ask(Asks.greedy(Asks.prompt(85, 1), 3), 4);
        rig.step();
        assertThat(rig.status().pagesReserved()).isEqualTo(25);
        rig.run();
        rig.assertAsAlone(ask, "all four at once");
    }
}
