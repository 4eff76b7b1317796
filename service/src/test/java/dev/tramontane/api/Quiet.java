package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tramontane.engine.EngineStatus;
import java.lang.management.ManagementFactory;

/**
 * What a service holds when nobody asks anything of it.
 *
 * @param descriptors open in this process
 * @param threads alive in this process
 * @param heapBytes live after a collection
 */
record Quiet(long descriptors, int threads, long heapBytes) {

    /** Waits until books, connections and streams are empty; fails when they don't become so. */
    static Quiet await(TestService service) {
        TestService.eventually().untilAsserted(() -> {
            EngineStatus books = service.engine.status();
            assertThat(books.queued()).as("queued").isZero();
            assertThat(books.running() + books.parked()).as("admitted").isZero();
            assertThat(books.pagesUsed()).as("pages used").isZero();
            assertThat(books.pagesReserved()).as("pages reserved").isZero();
            assertThat(service.observer.connections.get()).as("connections").isZero();
            assertThat(service.observer.openStreams.get()).as("streams").isZero();
        });
        return measure();
    }

    private static Quiet measure() {
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        return new Quiet(
                ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount(),
                ManagementFactory.getThreadMXBean().getThreadCount(),
                heap);
    }
}
