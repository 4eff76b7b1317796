package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.replay.Recording.Keeping;
import dev.tramontane.api.responses.BareResponses;
import dev.tramontane.api.responses.RecordedResponse;
import dev.tramontane.fixtures.StreamsTck;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import org.reactivestreams.tck.TestEnvironment;

/** What carries an answer's events to a socket: Reactive Streams' own tests of it, and what it asks its log for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FeedTest {
    /** A guard against hanging. */
    private static final long PATIENCE_MILLIS = 20_000;

    /** How long the TCK looks whether something comes that must not. */
    private static final long GLANCE_MILLIS = 50;

    private final Vertx vertx = Vertx.vertx();
    private final Context loop = vertx.getOrCreateContext();
    private final RequestMemory memory = new RequestMemory(1 << 20);

    @AfterAll
    void close() {
        vertx.close().await();
    }

    /** A socket that takes so many events. */
    private static final class Sink implements Turns.Sink {
        final List<String> sent = new ArrayList<>();
        int room;

        Sink(int room) {
            this.room = room;
        }

        @Override
        public void send(String event) {
            sent.add(event);
        }

        @Override
        public boolean isFull() {
            return sent.size() >= room;
        }

        @Override
        public void cut() {
            throw new AssertionError("an event could not be sent");
        }
    }

    private Feed feed(long credits, Turns turns) {
        RecordedResponse response = BareResponses.of(loop, 8, Keeping.RESUMABLE, memory, (outcome, failure) -> {});
        return new Feed(loop, response, "main", credits, turns, failure -> {});
    }

    private static LoggedEvent event(long number) {
        return new LoggedEvent(number, "response.output_text.delta", "{\"type\":\"response.output_text.delta\"}");
    }

    private final class Verification extends SubscriberBlackboxVerification<LoggedEvent> {
        Verification() {
            super(new TestEnvironment(PATIENCE_MILLIS, GLANCE_MILLIS, GLANCE_MILLIS));
        }

        @Override
        public Subscriber<LoggedEvent> createSubscriber() {
            return feed(Feed.NO_LIMIT, new Turns(new Sink(Integer.MAX_VALUE)));
        }

        @Override
        public LoggedEvent createElement(int number) {
            return event(number);
        }
    }

    @TestFactory
    Stream<DynamicTest> rules() {
        return StreamsTck.of(Verification::new, Set.of());
    }

    private void onLoop(Runnable action) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.runOnContext(now -> {
            try {
                action.run();
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        done.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Of a log with as many events as are wanted. {@code more} are credits given once those before are used. */
    @ParameterizedTest(name = "{0} credits, then {1}, a socket with room for {2}")
    @CsvSource({
        // credits, more, room; asked at first, in the end, sent in the end
        "1,             0, 100, 1,   1,   1",
        "3,             0, 100, 3,   3,   3",
        "6,             0, 100, 4,   6,   6",
        "1,             2, 100, 1,   3,   3",
        "6,             9,   8, 4,  12,   8",
        "100,           0,   0, 4,   4,   0",
        "100,           0,  50, 4,  54,  50",
        MAX + ",        0,  50, 4,  54,  50",
        MAX + ",        7,  50, 4,  54,  50",
        "2," + MAX + ",     50, 2,  54,  50"
    })
    void asksForWhatTheSocketTakesAndTheClientWants(
            long credits, long more, int room, long atFirst, long atLast, int sent) throws Exception {
        Sink sink = new Sink(room);
        Turns turns = new Turns(sink);
        Feed feed = feed(credits, turns);
        AtomicLong asked = new AtomicLong();
        AtomicLong given = new AtomicLong();
        onLoop(() -> {
            feed.onSubscribe(new Subscription() {
                @Override
                public void request(long events) {
                    asked.addAndGet(events);
                }

                @Override
                public void cancel() {}
            });
            assertThat(asked).hasValue(atFirst);
            give(feed, asked, given);
            if (more > 0) {
                feed.demand(more);
                give(feed, asked, given);
            }
        });
        assertThat(asked).hasValue(atLast);
        assertThat(sink.sent).hasSize(sent).allMatch(event -> event.startsWith("{\"stream_id\":\"main\","));
    }

    private static final String MAX = "" + Long.MAX_VALUE;

    /** Gives what was asked for until nothing more is. */
    private static void give(Feed feed, AtomicLong asked, AtomicLong given) {
        while (given.get() < asked.get()) {
            feed.onNext(event(given.getAndIncrement()));
        }
    }
}
