package dev.tramontane.api.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ApiException;
import dev.tramontane.fixtures.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Numbers, places, demand and bounds of a log, whoever reads it. */
final class EventLogTest {
    private static final int NO_BOUND = 1 << 30;

    /** What the writer was told. */
    private static final class Told implements EventLog.Writer {
        final AtomicInteger wanted = new AtomicInteger();
        final AtomicInteger attached = new AtomicInteger();
        final AtomicInteger deserted = new AtomicInteger();

        @Override
        public void wanted() {
            wanted.incrementAndGet();
        }

        @Override
        public void attached() {
            attached.incrementAndGet();
        }

        @Override
        public void deserted() {
            deserted.incrementAndGet();
        }
    }

    /** Takes what it asked for. */
    private static class Reader extends BaseSubscriber<LoggedEvent> {
        final List<Long> numbers = new ArrayList<>();
        boolean completed;

        @Nullable
        Throwable failure;

        @Override
        protected void hookOnSubscribe(Subscription subscription) {}

        @Override
        protected void hookOnNext(LoggedEvent event) {
            assertThat(event.json()).isEqualTo("e" + event.number());
            numbers.add(event.number());
        }

        @Override
        protected void hookOnComplete() {
            completed = true;
        }

        @Override
        protected void hookOnError(Throwable cause) {
            failure = cause;
        }

        String code() {
            return failure instanceof ApiException known ? String.valueOf(known.code()) : String.valueOf(failure);
        }
    }

    private final Told told = new Told();
    private EventLog log = new EventLog(NO_BOUND, 3, told);

    private Reader reader(long startingAfter, long demand) {
        Reader reader = new Reader();
        log.read(startingAfter).subscribe(reader);
        if (demand > 0) {
            reader.request(demand);
        }
        return reader;
    }

    private void append(int count) {
        for (int i = 0; i < count; i++) {
            log.append("t", "e" + log.next());
        }
    }

    @Test
    void eachReaderHasItsPlaceAndItsDemand() {
        append(3);
        Reader early = reader(-1, 2);
        Reader late = reader(1, Long.MAX_VALUE);
        append(2);
        assertThat(early.numbers).containsExactly(0L, 1L);
        assertThat(late.numbers).containsExactly(2L, 3L, 4L);
        early.request(2);
        log.end();
        assertThat(early.numbers).containsExactly(0L, 1L, 2L, 3L);
        assertThat(early.completed).as("an event is left").isFalse();
        assertThat(late.completed).isTrue();
        early.request(1);
        assertThat(early.completed).isTrue();
        Reader after = reader(4, 0);
        assertThat(after.completed).as("an end needs no demand").isTrue();
        assertThat(told.deserted).as("it had ended").hasValue(0);
    }

    @Test
    void theFurthestReaderIsWhatTheWriterHears() {
        Reader slow = reader(-1, 1);
        assertThat(log.wanted()).isEqualTo(1);
        Reader quick = reader(-1, 5);
        assertThat(log.wanted()).isEqualTo(5);
        assertThat(told.wanted).hasValue(2);
        slow.request(3);
        assertThat(told.wanted).as("no further than the other").hasValue(2);
        append(3);
        quick.cancel();
        assertThat(log.wanted()).isEqualTo(4);
        slow.cancel();
        assertThat(log.wanted()).isZero();
        assertThat(told.deserted).hasValue(1);
        assertThat(told.attached).hasValue(2);
    }

    @Test
    void aNoticeIsToldAfterAllEventsAndIsNone() {
        append(2);
        List<LoggedEvent> told = new ArrayList<>();
        Reader reader = new Reader() {
            @Override
            protected void hookOnNext(LoggedEvent event) {
                told.add(event);
            }
        };
        log.read(-1).subscribe(reader);
        reader.request(2);
        log.suspend("n", "go on elsewhere");
        assertThat(told).hasSize(2);
        assertThat(reader.completed).as("a notice needs demand").isFalse();
        reader.request(1);
        assertThat(told.getLast()).isEqualTo(new LoggedEvent(1, "n", "go on elsewhere"));
        assertThat(reader.completed).isTrue();
        assertThat(log.next()).isEqualTo(2);
        assertThat(log.past().events()).hasSize(2);
    }

    @Test
    void goesOnFromWhatAnotherHad() {
        append(3);
        PastEvents past = log.past();
        log = new EventLog(NO_BOUND, 3, told, past);
        append(1);
        assertThat(reader(1, Long.MAX_VALUE).numbers).containsExactly(2L, 3L);
        PastEvents later = new PastEvents(7, List.of(new LoggedEvent(7, "t", "e7")));
        log = new EventLog(NO_BOUND, 3, told, later);
        append(1);
        assertThat(reader(6, Long.MAX_VALUE).numbers).containsExactly(7L, 8L);
        assertThat(reader(5, Long.MAX_VALUE).code()).isEqualTo(EventLog.DROPPED);
        log = new EventLog(0, 3, told, later);
        append(1);
        assertThat(log.past()).isEqualTo(new PastEvents(9, List.of()));
    }

    @Test
    void whatWasDroppedIsAnErrorAndNoGap() {
        log = new EventLog(3 * new LoggedEvent(0, "t", "e0").weight(), 3, told);
        Reader slow = reader(-1, 1);
        Reader quick = reader(-1, Long.MAX_VALUE);
        append(10);
        assertThat(quick.numbers).hasSize(10);
        slow.request(1);
        assertThat(slow.numbers).containsExactly(0L);
        assertThat(slow.code()).isEqualTo(EventLog.DROPPED);
        assertThat(reader(5, 1).code()).isEqualTo(EventLog.DROPPED);
        assertThat(reader(6, Long.MAX_VALUE).numbers).containsExactly(7L, 8L, 9L);
        log.forget();
        assertThat(log.weight()).isZero();
        assertThat(reader(6, 1).code()).isEqualTo(EventLog.DROPPED);
        assertThat(reader(9, 1).failure).isNull();
    }

    @Test
    void whatNobodyHasTakenIsNotDropped() {
        log = new EventLog(0, 3, told);
        Reader only = reader(-1, 1);
        append(5);
        log.end();
        only.request(Long.MAX_VALUE);
        assertThat(only.numbers).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(only.completed).isTrue();
        assertThat(log.weight()).isZero();
    }

    @Test
    void refusesWhatWasNotSentAndTooManyReaders() {
        append(2);
        Reader ahead = reader(2, 1);
        assertThat(ahead.failure).hasMessageContaining("starting_after").hasMessageContaining("below 2; got 2");
        for (int i = 0; i < 3; i++) {
            reader(1, 1);
        }
        assertThat(reader(1, 1).code()).isEqualTo("too_many_readers");
        assertThat(log.readers()).isEqualTo(3);
    }

    @Test
    void failsReadersAfterWhatTheyAreOwed() {
        Reader owed = reader(-1, 1);
        append(2);
        log.fail(new IllegalStateException("broken"));
        assertThat(owed.failure).isNull();
        owed.request(1);
        assertThat(owed.numbers).containsExactly(0L, 1L);
        assertThat(owed.failure).hasMessage("broken");
        assertThat(reader(-1, 2).failure).hasMessage("broken");
    }

    @Test
    void demandMustBePositive() {
        Reader reader = new Reader();
        List<Subscription> raw = new ArrayList<>();
        log.read(-1).doOnSubscribe(raw::add).subscribe(reader);
        raw.getFirst().request(0);
        assertThat(reader.failure).hasMessageContaining("3.9");
        assertThat(log.readers()).isZero();
    }

    /** Readers of many threads come, want, and leave while one thread writes: each sees every number from its place. */
    @Test
    void readersOfManyThreadsMissNothing() throws InterruptedException {
        int events = 20_000;
        int readers = 8;
        log = new EventLog(NO_BOUND, readers, told);
        CountDownLatch done = new CountDownLatch(readers);
        List<Reader> all = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            Random random = new Random(Seeds.next() + i);
            Reader reader = new Reader() {
                private int granted;

                @Override
                protected void hookOnNext(LoggedEvent event) {
                    super.hookOnNext(event);
                    if (--granted == 0) {
                        ask();
                    }
                }

                void ask() {
                    granted = 1 + random.nextInt(50);
                    request(granted);
                }

                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    ask();
                }

                @Override
                protected void hookFinally(reactor.core.publisher.SignalType type) {
                    done.countDown();
                }
            };
            all.add(reader);
            Thread.ofVirtual().start(() -> log.read(-1).subscribe(reader));
        }
        append(events);
        log.end();
        assertThat(done.await(3, TimeUnit.MINUTES)).isTrue();
        for (Reader reader : all) {
            assertThat(reader.completed).isTrue();
            assertThat(reader.numbers).hasSize(events).isSorted().doesNotHaveDuplicates();
        }
    }
}
