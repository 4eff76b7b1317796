package dev.tramontane.api.responses;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.replay.Recording.Keeping;
import dev.tramontane.generation.GenerationEvent;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** What readers want is what is generated, and a look-ahead. */
final class RecordedResponseTest {
    private static final int AHEAD = 8;

    private final Vertx vertx = Vertx.vertx();
    private final RequestMemory memory = new RequestMemory(1 << 24);
    private final AtomicLong generated = new AtomicLong();
    private final List<String> outcomes = new CopyOnWriteArrayList<>();

    /** Tokens without an end. */
    private final Flux<GenerationEvent> endless = Flux.<GenerationEvent>generate(sink -> sink.next(
                    generated.getAndIncrement() == 0
                            ? new GenerationEvent.Accepted(new int[1], "")
                            : new GenerationEvent.Delta(0, "x", List.of())))
            .publishOn(reactor.core.scheduler.Schedulers.parallel(), 1);

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private RecordedResponse recorded(Keeping keeping) {
        return BareResponses.of(
                vertx.getOrCreateContext(), AHEAD, keeping, memory, (outcome, failure) -> outcomes.add(outcome));
    }

    /** Asks for nothing by itself. */
    private static final class Reader extends BaseSubscriber<LoggedEvent> {
        final AtomicLong taken = new AtomicLong();

        @Override
        protected void hookOnSubscribe(Subscription subscription) {}

        @Override
        protected void hookOnNext(LoggedEvent event) {
            assertThat(event.number()).isEqualTo(taken.getAndIncrement());
        }
    }

    private static void eventually(AtomicLong count, long least) {
        Awaitility.await().until(() -> count.get() >= least);
    }

    @Test
    void aStalledReaderParksAndASecondGoesOn() {
        RecordedResponse response = recorded(Keeping.RESUMABLE);
        Reader stalled = new Reader();
        response.read(-1).subscribe(stalled);
        stalled.request(3);
        response.begin(endless);
        eventually(stalled.taken, 3);
        Reader lively = new Reader();
        response.read(-1).subscribe(lively);
        for (int wanted = 100; wanted <= 1000; wanted += 100) {
            lively.request(100);
            eventually(lively.taken, wanted);
            assertThat(generated.get()).as("wanted and a look-ahead").isLessThanOrEqualTo(wanted + 2 * AHEAD + 4);
        }
        assertThat(stalled.taken).hasValue(3);
        lively.cancel();
        stalled.request(997);
        eventually(stalled.taken, 1000);
        stalled.cancel();
        long parked = generated.get();
        Reader back = new Reader();
        response.read(-1).subscribe(back);
        back.request(parked + 100);
        eventually(back.taken, parked + 100);
        response.stop(RecordedResponse.Stop.CANCELLED);
        response.over().block(Duration.ofMinutes(3));
        assertThat(outcomes).containsExactly("cancelled");
    }

    @Test
    void withoutAReaderFromTheBeginningItEnds() {
        RecordedResponse response = recorded(Keeping.WHILE_READ);
        vertx.getOrCreateContext().runOnContext(nothing -> response.begin(endless));
        response.over().block(Duration.ofMinutes(3));
        assertThat(outcomes).hasSize(1).allMatch(outcome -> outcome.equals("cancelled"));
        assertThat(generated.get()).isLessThanOrEqualTo(2 * AHEAD);
    }
}
