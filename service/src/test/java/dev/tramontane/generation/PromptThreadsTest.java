package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.Tenant;
import dev.tramontane.generation.GenerationException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

class PromptThreadsTest {
    private static final long LONG = 8_000_000;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<String> begun = new CopyOnWriteArrayList<>();
    private final AtomicLong nanos = new AtomicLong();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : open.reversed()) {
            resource.close();
        }
    }

    private static void never(GenerationException refused) {
        throw new AssertionError("not expected to be refused", refused);
    }

    private PromptThreads threads(int count, int capacity) {
        PromptThreads threads = new PromptThreads(count, capacity, nanos::get);
        open.add(threads);
        return threads;
    }

    /** Work that has begun when this returns, and goes on until the latch opens. */
    private CountDownLatch hold(PromptThreads threads, long size) {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch started = new CountDownLatch(1);
        submit(
                threads,
                size,
                () -> {
                    started.countDown();
                    await(held);
                },
                PromptThreadsTest::never);
        await(started);
        open.add(held::countDown);
        return held;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void waitFor(int count) {
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> begun.size() >= count);
    }

    private static Disposable submit(
            PromptThreads threads, long size, Runnable work, Consumer<GenerationException> refused) {
        return threads.submit(Tenant.COMMON, size, work, refused, () -> false);
    }

    private Disposable note(PromptThreads threads, String name, long size) {
        return submit(threads, size, () -> begun.add(name), PromptThreadsTest::never);
    }

    @Test
    void shortPromptsPassLongOnes() {
        PromptThreads threads = threads(1, 100);
        CountDownLatch held = hold(threads, 10);
        for (int i = 0; i < 6; i++) {
            note(threads, "long " + i, LONG);
        }
        note(threads, "short", 20);
        note(threads, "middle", 200_000);
        held.countDown();
        waitFor(8);
        assertThat(begun)
                .containsExactly("short", "middle", "long 0", "long 1", "long 2", "long 3", "long 4", "long 5");
    }

    /** While every thread but one works on long prompts, and more of them wait, the last is there for the short. */
    @Test
    void oneThreadIsThereForShortPrompts() {
        PromptThreads threads = threads(2, 100);
        CountDownLatch held = hold(threads, LONG);
        for (int i = 0; i < 5; i++) {
            note(threads, "long", LONG);
        }
        for (int i = 0; i < 20; i++) {
            note(threads, "short", 1000);
            waitFor(i + 1);
        }
        assertThat(begun).containsOnly("short").hasSize(20);
        held.countDown();
        waitFor(25); // What still waits when the threads are closed would be refused.
    }

    /** However many short prompts keep coming, a long one waits for its own size from each that waits beside it. */
    @Test
    void shortPromptsDoNotStarveALongOne() {
        PromptThreads threads = threads(1, 100);
        CountDownLatch held = hold(threads, 10);
        int size = 1000;
        int beside = 3;
        long longSize = 500_000;
        AtomicLong done = new AtomicLong();
        CountDownLatch began = new CountDownLatch(1);
        AtomicLong doneBefore = new AtomicLong();
        submit(
                threads,
                longSize,
                () -> {
                    doneBefore.set(done.get());
                    began.countDown();
                },
                PromptThreadsTest::never);
        for (int i = 0; i < beside; i++) {
            again(threads, size, done, began);
        }
        held.countDown();
        await(began);
        assertThat(doneBefore.get()).isBetween(longSize, (beside + 1) * longSize + (long) beside * size);
    }

    /** Submits work that submits itself again, until the long one has begun. */
    private void again(PromptThreads threads, int size, AtomicLong done, CountDownLatch began) {
        submit(
                threads,
                size,
                () -> {
                    done.addAndGet(size);
                    if (began.getCount() > 0) {
                        again(threads, size, done, began);
                    }
                },
                refused -> {}); // Closed by now.
    }

    @Test
    void whatIsCancelledGivesItsPlaceBack() {
        PromptThreads threads = threads(1, 2);
        CountDownLatch held = hold(threads, 10);
        Disposable first = note(threads, "cancelled", 1);
        note(threads, "a", 1);
        first.dispose();
        first.dispose();
        note(threads, "b", 1);
        held.countDown();
        waitFor(2);
        assertThat(begun).containsExactly("a", "b");
    }

    @Test
    void tooManyAreToldWhenToComeBackOneAfterTheOther() {
        PromptThreads threads = threads(1, 2);
        CountDownLatch done = new CountDownLatch(1);
        // Measured: a second for a million units. The threads' rate is that of what is done before the next begins.
        submit(threads, 1_000_000, () -> nanos.addAndGet(1_000_000_000), PromptThreadsTest::never);
        submit(threads, 20_000_000, done::countDown, PromptThreadsTest::never);
        await(done);
        CountDownLatch held = hold(threads, 1);
        note(threads, "a", 20_000_000);
        note(threads, "b", 20_000_000);
        List<Integer> seconds = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            assertThat(submit(threads, 1, () -> begun.add("never"), refused -> {
                                assertThat(refused.kind()).isEqualTo(Kind.BUSY);
                                seconds.add(refused.retryAfterSeconds());
                            })
                            .isDisposed())
                    .isTrue();
        }
        // A place every 18 seconds, or every 20 while the second measurement is on its way.
        assertThat(seconds.get(0)).isBetween(14, 20);
        assertThat(seconds.get(1)).isBetween(2 * seconds.get(0) - 2, 2 * seconds.get(0));
        assertThat(seconds.get(2)).isGreaterThan(seconds.get(1));
        held.countDown();
        waitFor(2);
        assertThat(begun).containsExactly("a", "b");
    }

    @Test
    void whateverWorkThrowsTheThreadGoesOn() {
        PromptThreads threads = threads(1, 100);
        submit(
                threads,
                1,
                () -> {
                    throw new StackOverflowError("thrown by the test");
                },
                PromptThreadsTest::never);
        note(threads, "next", 1);
        waitFor(1);
    }

    @Test
    void whatWaitsAtTheEndIsToldSo() {
        PromptThreads threads = threads(1, 100);
        hold(threads, 1);
        List<GenerationException> refusals = new ArrayList<>();
        submit(threads, 1, () -> begun.add("never"), refusals::add);
        submit(threads, LONG, () -> begun.add("never"), refusals::add);
        threads.close();
        submit(threads, 1, () -> begun.add("never"), refusals::add);
        assertThat(refusals).hasSize(3).allMatch(refused -> refused.kind() == Kind.UNAVAILABLE);
        assertThat(begun).isEmpty();
    }

    private Disposable note(PromptThreads threads, Tenant tenant, String name, long size) {
        return threads.submit(tenant, size, () -> begun.add(name), PromptThreadsTest::never, () -> false);
    }

    /** A tenant's prompts wait for as much of another's as they are themselves, and not for all that he has sent. */
    @Test
    void aFloodMakesAnotherWaitForAsMuchAsHeHas() {
        PromptThreads threads = threads(1, 100);
        CountDownLatch held = hold(threads, 10);
        Tenant flood = new Tenant("flood", 90);
        Tenant guest = new Tenant("guest", 90);
        for (int i = 0; i < 40; i++) {
            note(threads, flood, "flood", 1000);
        }
        note(threads, guest, "guest", 3000);
        note(threads, guest, "guest", 3000);
        held.countDown();
        waitFor(42);
        assertThat(begun.indexOf("guest")).isLessThanOrEqualTo(1);
        assertThat(begun.lastIndexOf("guest")).isLessThanOrEqualTo(1 + 3 + 1);
    }

    @Test
    void aTenantHasHisShareOfThePlaces() {
        PromptThreads threads = threads(1, 10);
        CountDownLatch held = hold(threads, 10);
        Tenant flood = new Tenant("flood", 50);
        List<GenerationException> refusals = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.submit(flood, 1, () -> begun.add("flood"), refusals::add, () -> false);
        }
        assertThat(refusals).hasSize(3).allSatisfy(refused -> {
            assertThat(refused.kind()).isEqualTo(Kind.BUSY);
            assertThat(refused).hasMessageContaining("prompts of 'flood'");
        });
        for (int i = 0; i < 5; i++) {
            note(threads, Tenant.COMMON, "other", 1);
        }
        held.countDown();
        waitFor(10);
        assertThat(begun).hasSize(10).filteredOn("other"::equals).hasSize(5);
    }

    /** Whoever has rested has nothing saved up. */
    @Test
    void whoComesLaterBeginsWhereTheLeastServedIs() {
        PromptThreads threads = threads(1, 100);
        CountDownLatch held = hold(threads, 10);
        Tenant early = new Tenant("early", 90);
        Tenant late = new Tenant("late", 90);
        CountDownLatch middle = new CountDownLatch(1);
        CountDownLatch reached = new CountDownLatch(1);
        for (int i = 0; i < 20; i++) {
            note(threads, early, "early", 1000);
        }
        threads.submit(
                early,
                30_000, // Comes last of his: it is the longest.
                () -> {
                    reached.countDown();
                    await(middle);
                },
                PromptThreadsTest::never,
                () -> false);
        held.countDown();
        await(reached);
        for (int i = 0; i < 10; i++) {
            note(threads, late, "late", 1000);
            note(threads, early, "early again", 1000);
        }
        middle.countDown();
        waitFor(40);
        List<String> since = begun.subList(20, 40);
        assertThat(since.subList(0, 10)).as("they take turns").contains("late", "early again");
        assertThat(since.subList(0, 10).stream().filter("late"::equals).count()).isBetween(4L, 6L);
    }

    /** A prompt whose deadline passes while it waits is turned away before the next is begun, wherever it stands. */
    @Test
    void whatWaitsTooLongIsTurnedAway() {
        PromptThreads threads = threads(1, 100);
        CountDownLatch held = hold(threads, 10);
        List<GenerationException> refusals = new CopyOnWriteArrayList<>();
        threads.submit(Tenant.COMMON, LONG, () -> begun.add("never"), refusals::add, () -> nanos.get() > 5);
        note(threads, "other", 1);
        nanos.set(6);
        held.countDown();
        waitFor(1);
        assertThat(refusals).hasSize(1).allMatch(refused -> refused.kind() == Kind.EXPIRED);
        note(threads, "next", 1);
        waitFor(2);
        assertThat(begun).containsExactly("other", "next");
    }
}
