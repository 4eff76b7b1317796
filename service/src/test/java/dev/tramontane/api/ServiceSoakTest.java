package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random mixed clients for a minute, or for {@code -Dtramontane.soak.seconds=1200}: arrivals, cancellations, disconnects,
 * stalls, bad input and sockets, on a cache too small for all of them. Whoever behaves gets what he would have got alone,
 * and afterwards books, connections, descriptors, threads and heap are where they began.
 */
@Tag("slow")
@Timeout(value = 2, unit = TimeUnit.HOURS) // Only a hang reaches it: it lasts as long as it is told.
class ServiceSoakTest {
    private static final int CLIENTS = 12;

    /** Before anything is counted: classes load, buffers and pools fill. */
    private static final Duration WARM_UP = Duration.ofSeconds(5);

    /** What may differ after any number of requests: a pool's thread more, a selector's descriptors, interned odds. */
    private static final int SPARE_THREADS = 4;

    private static final int SPARE_DESCRIPTORS = 8;
    private static final long SPARE_HEAP = 12 << 20;

    @Test
    void everythingReturnsToWhereItBegan() throws Exception {
        long seconds = Integer.getInteger("tramontane.soak.seconds", 60);
        long seed = Long.getLong("tramontane.soak.seed", System.nanoTime());
        EngineConfig engine = new EngineConfig(
                new EngineConfig.Step(4, 48, 16),
                new EngineConfig.Cache(8, CacheType.F16, 1 << 20),
                new EngineConfig.Admission(24, 512, 4, 64, 1 << 16));
        TransportLimits limits = new TransportLimits(
                200, 4096, 8192, 1 << 20, Duration.ofSeconds(2), Duration.ofSeconds(5), 4 << 10, 4 << 10);
        ApiConfig config = TestService.config(limits, 16, Duration.ofMillis(200));
        try (TestService service = TestService.on(FakeModel.of(ByteTokenizer.SIZE, 24), engine, config)) {
            Canary canary = new Canary(service);
            Behaviours behaviours = new Behaviours(service, canary);
            WatchedService.fillWorkers(service);
            run(service, behaviours, seed, WARM_UP);
            Quiet before = Quiet.await(service);
            long keptBefore = service.responses.bytes();
            long done = run(service, behaviours, seed + CLIENTS, Duration.ofSeconds(seconds));
            Quiet after = Quiet.await(service);
            long kept = service.responses.bytes() - keptBefore; // Ended answers, for an hour.
            canary.singsAll("seed " + seed);
            System.out.printf(
                    "soak: seed %d, %d s, %d sessions, before %s, after %s%n", seed, seconds, done, before, after);
            assertThat(after.descriptors())
                    .as("descriptors")
                    .isLessThanOrEqualTo(before.descriptors() + SPARE_DESCRIPTORS);
            assertThat(after.threads()).as("threads").isLessThanOrEqualTo(before.threads() + SPARE_THREADS);
            assertThat(after.heapBytes()).as("heap").isLessThanOrEqualTo(before.heapBytes() + kept + SPARE_HEAP);
            assertThat(behaviours.kinds()).as("kinds of clients that came").isEqualTo(Behaviours.ALL);
        }
    }

    /** Lets all clients behave at random; returns how many sessions they had. */
    private static long run(TestService service, Behaviours behaviours, long seed, Duration time) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (var pool = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<Long>> clients = IntStream.range(0, CLIENTS)
                    .mapToObj(i -> pool.submit(() -> behave(behaviours, new SplittableRandom(seed + i), over, seed)))
                    .toList();
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end && clients.stream().noneMatch(Future::isDone)) {
                service.observer.requests.clear(); // The test's own record would grow for ever.
                TimeUnit.MILLISECONDS.sleep(50);
            }
            over.countDown();
            long sum = 0;
            for (Future<Long> client : clients) {
                sum += client.get();
            }
            service.observer.requests.clear();
            return sum;
        }
    }

    private static long behave(Behaviours behaviours, SplittableRandom random, CountDownLatch over, long seed)
            throws IOException {
        long sessions = 0;
        while (over.getCount() > 0) {
            behaviours.one(random, "seed " + seed);
            sessions++;
        }
        return sessions;
    }
}
