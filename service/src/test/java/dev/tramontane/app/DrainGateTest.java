package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.AnswersOnly;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

class DrainGateTest {
    private long now = Long.MAX_VALUE - 1; // Such a clock may turn over.
    private static final GenerationRequest REQUEST = SamplingOptions.greedy(new Prompt.Text("x"), 1);
    private final Sinks.Many<GenerationEvent> answer = Sinks.many().multicast().directBestEffort();

    private final DrainGate gate = new DrainGate(() -> now);

    private final TextGenerator gated = gate.through(new AnswersOnly("m", 1) {
        @Override
        public Flux<GenerationEvent> generate(GenerationRequest request) {
            return answer.asFlux();
        }
    });

    @Test
    void countsFromSubscriptionToEnd() throws InterruptedException {
        Flux<GenerationEvent> cold = gated.generate(REQUEST);
        assertThat(gate.underWay())
                .as("nothing runs before somebody subscribes")
                .isZero();
        Disposable cancelled = cold.subscribe();
        cold.subscribe();
        assertThat(gate.underWay()).isEqualTo(2);
        cancelled.dispose();
        assertThat(gate.awaitIdle(Duration.ZERO)).isEqualTo(1);
        answer.tryEmitComplete();
        assertThat(gate.awaitIdle(Duration.ofMinutes(1))).isZero();
    }

    /** A model that is loaded for its own sake is waited for as an answer is. */
    @Test
    void otherWorkIsCountedAndRefusedAsAnswersAre() throws InterruptedException {
        Sinks.One<Integer> loading = Sinks.one();
        Mono<Void> work = gate.through(loading.asMono().then());
        work.subscribe();
        assertThat(gate.underWay()).isEqualTo(1);
        gate.close(Duration.ofSeconds(30));
        StepVerifier.create(work)
                .verifyErrorSatisfies(refused -> assertThat(((GenerationException) refused).kind())
                        .isEqualTo(GenerationException.Kind.UNAVAILABLE));
        loading.tryEmitEmpty();
        assertThat(gate.awaitIdle(Duration.ofMinutes(1))).isZero();
    }

    @Test
    void onceClosedRefusesTheNewAndLeavesTheOld() {
        StepVerifier.create(gated.generate(REQUEST))
                .then(() -> gate.close(Duration.ofSeconds(30)))
                .then(() -> assertThat(refusal().retryAfterSeconds()).isEqualTo(30))
                .then(() -> now += 12_300_000_000L)
                .then(() -> assertThat(refusal().retryAfterSeconds()).isEqualTo(18))
                .then(() -> now += 60_000_000_000L)
                .then(() -> assertThat(refusal().retryAfterSeconds()).isEqualTo(1))
                .then(answer::tryEmitComplete)
                .verifyComplete();
        assertThat(gate.underWay()).isZero();
    }

    private GenerationException refusal() {
        AtomicReference<GenerationException> refused = new AtomicReference<>();
        StepVerifier.create(gated.generate(REQUEST))
                .expectErrorSatisfies(thrown -> refused.set((GenerationException) thrown))
                .verify();
        assertThat(refused.get().kind()).isEqualTo(GenerationException.Kind.UNAVAILABLE);
        return refused.get();
    }
}
