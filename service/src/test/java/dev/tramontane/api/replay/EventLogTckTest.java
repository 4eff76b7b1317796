package dev.tramontane.api.replay;

import dev.tramontane.fixtures.StreamsTck;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;

/** The Reactive Streams TCK on the readers of a log: of one that is whole, and of one that is written as it is wanted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EventLogTckTest {
    /** A guard against hanging. */
    private static final long PATIENCE_MILLIS = 20_000;

    /** How long the TCK looks whether something comes that must not. */
    private static final long GLANCE_MILLIS = 50;

    /** After which nobody may hold a subscriber that has left. */
    private static final long FORGETTING_MILLIS = 500;

    private static final long MOST_EVENTS = 1000;
    private static final int NO_BOUND = 1 << 30;

    /** A log has one writer's thread. */
    private final ExecutorService writing = Executors.newSingleThreadExecutor();

    @AfterAll
    void close() {
        writing.shutdownNow();
    }

    /** Writes when it is told that more is wanted, or is told nothing. */
    private static class Writer implements EventLog.Writer {
        @Override
        public void wanted() {}

        @Override
        public void attached() {}

        @Override
        public void deserted() {}
    }

    private static EventLog whole(long events) {
        EventLog log = new EventLog(NO_BOUND, 16, new Writer());
        for (long i = 0; i < events; i++) {
            log.append("event", "{}");
        }
        log.end();
        return log;
    }

    private EventLog asWanted(long events) {
        AtomicReference<EventLog> made = new AtomicReference<>();
        EventLog log = new EventLog(NO_BOUND, 16, new Writer() {
            @Override
            public void wanted() {
                writing.execute(() -> {
                    EventLog own = Objects.requireNonNull(made.get());
                    while (own.next() < Math.min(own.wanted(), events)) {
                        own.append("event", "{}");
                    }
                    if (own.next() == events) {
                        own.end();
                    }
                });
            }
        });
        made.set(log);
        if (events == 0) {
            log.end();
        }
        return log;
    }

    /** Makes a log of so many events. */
    @FunctionalInterface
    private interface Maker {
        EventLog of(long events);
    }

    private static final class Verification extends PublisherVerification<LoggedEvent> {
        private final Maker maker;

        Verification(Maker maker) {
            super(new TestEnvironment(PATIENCE_MILLIS, GLANCE_MILLIS, GLANCE_MILLIS), FORGETTING_MILLIS);
            this.maker = maker;
        }

        @Override
        public Publisher<LoggedEvent> createPublisher(long elements) {
            EventLog log = maker.of(elements);
            return subscriber -> StreamsTck.subscribe(log.read(-1), Objects.requireNonNull(subscriber));
        }

        @Override
        public Publisher<LoggedEvent> createFailedPublisher() {
            EventLog log = new EventLog(NO_BOUND, 16, new Writer());
            log.fail(new IllegalStateException("the writer's"));
            return subscriber -> StreamsTck.subscribe(log.read(-1), Objects.requireNonNull(subscriber));
        }

        @Override
        public long maxElementsFromPublisher() {
            return MOST_EVENTS;
        }
    }

    /** Of a demand for more than a log may hold there is nothing to see. */
    private static final Set<String> NOT_ASKED =
            Set.of("required_spec317_mustNotSignalOnErrorWhenPendingAboveLongMaxValue");

    @TestFactory
    Stream<DynamicTest> ofALogThatIsWhole() {
        return StreamsTck.of(() -> new Verification(EventLogTckTest::whole), NOT_ASKED);
    }

    @TestFactory
    Stream<DynamicTest> ofALogThatIsWrittenAsItIsWanted() {
        return StreamsTck.of(() -> new Verification(this::asWanted), NOT_ASKED);
    }
}
