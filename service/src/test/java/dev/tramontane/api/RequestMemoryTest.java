package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.api.RequestMemory.Lease;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestMemoryTest {

    @Test
    void neverHoldsMoreAndGivesBackOnce() {
        RequestMemory memory = new RequestMemory(100);
        Lease first = memory.lease();
        Lease second = memory.lease();
        assertThat(first.grow(60)).isTrue();
        assertThat(second.grow(41)).isFalse();
        assertThat(second.grow(40)).isTrue();
        assertThatThrownBy(() -> first.take(1)).isInstanceOfSatisfying(ApiException.class, refused -> {
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.retryAfterSeconds()).isPositive();
            assertThat(refused.reason()).isEqualTo("request_memory");
        });
        first.release();
        first.release();
        assertThat(memory.held()).isEqualTo(40);
        assertThat(first.grow(1)).as("a request that is over takes nothing").isTrue();
        assertThat(memory.held()).isEqualTo(40);
        assertThat(second.grow(Long.MAX_VALUE)).as("no overflow").isFalse();
        second.release();
        assertThat(memory.held()).isZero();
    }

    /** Twenty of those refused come back at the times they were told: each finds what it was refused for. */
    @Test
    void whoComesBackWhenToldFindsMemory() {
        long second = TimeUnit.SECONDS.toNanos(1);
        long[] now = {Long.MAX_VALUE - 1}; // Such a clock may turn over.
        RequestMemory memory = new RequestMemory(1000, () -> now[0]);
        // Ten requests at a time, each for 20 s, one begun every 2 s.
        Deque<Lease> running = new ArrayDeque<>();
        for (int i = 0; i < 10; i++) {
            Lease lease = memory.lease();
            assertThat(lease.grow(100)).isTrue();
            running.add(lease);
            now[0] += 2 * second;
        }
        for (int i = 0; i < 30; i++) {
            running.remove().release();
            Lease next = memory.lease();
            assertThat(next.grow(100)).isTrue();
            running.add(next);
            now[0] += 2 * second;
        }
        List<Integer> told = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            told.add(memory.lease().refusal(100).retryAfterSeconds());
        }
        assertThat(told).as("spread, at the pace of those that end").isSorted().doesNotHaveDuplicates();
        long from = now[0];
        long ending = from; // When the next of those that run ends.
        for (int seconds : told) {
            now[0] = from + seconds * second;
            while (ending <= now[0] && !running.isEmpty()) {
                running.remove().release();
                ending += 2 * second;
            }
            Lease back = memory.lease();
            assertThat(back.grow(100)).as("after %d s", seconds).isTrue();
            running.add(back);
        }
    }

    /** No time would help it, so none is told. */
    @Test
    void whatNeverFitsIsTooLargeAndToldNoTime() {
        RequestMemory memory = new RequestMemory(1000);
        Lease lease = memory.lease();
        assertThat(lease.grow(600)).isTrue();
        assertThat(lease.refusal(401).retryAfterSeconds()).isZero();
        assertThat(lease.refusal(401).status()).isEqualTo(413);
        assertThat(lease.refusal(401)).hasMessageContaining("more memory than all requests may hold together");
        assertThat(memory.lease().refusal(401).retryAfterSeconds()).isPositive();
        assertThat(memory.lease().refusal(401).status()).isEqualTo(503);
    }

    @Test
    void weighsATreeByItsMarks() {
        String json = "{\"a\":[1,2,{}]}";
        assertThat(RequestMemory.ofTree(json)).isEqualTo(2 * 136 + 48 + 80 + 2 * 32);
        assertThat(RequestMemory.ofTree(json.getBytes(StandardCharsets.UTF_8))).isEqualTo(RequestMemory.ofTree(json));
    }

    /** Threads that grow and release each other's leases: the limit holds all the time and all comes back. */
    @Test
    void threads() throws InterruptedException {
        RequestMemory memory = new RequestMemory(1000);
        List<Lease> leases = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            leases.add(memory.lease());
        }
        AtomicLong highest = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            long seed = t;
            threads.add(Thread.ofPlatform().start(() -> {
                SplittableRandom random = new SplittableRandom(seed);
                for (int i = 0; i < 50_000; i++) {
                    Lease lease = leases.get(random.nextInt(leases.size()));
                    if (random.nextInt(3) == 0) {
                        lease.release();
                    } else {
                        lease.grow(random.nextInt(300));
                    }
                    highest.accumulateAndGet(memory.held(), Math::max);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(highest.get()).isLessThanOrEqualTo(1000);
        leases.forEach(Lease::release);
        assertThat(memory.held()).isZero();
    }
}
