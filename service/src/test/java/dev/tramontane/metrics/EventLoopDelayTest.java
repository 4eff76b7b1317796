package dev.tramontane.metrics;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.EventExecutor;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class EventLoopDelayTest {

    /** Whichever stands still, it is seen, though the others run. */
    @Test
    void everyLoopIsMeasured() {
        long held = TimeUnit.SECONDS.toNanos(1);
        try (MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(3, NioIoHandler.newFactory())) {
            List<EventExecutor> loops = new ArrayList<>();
            group.forEach(loops::add);
            for (EventExecutor standing : loops) {
                try (EventLoopDelay delay = new EventLoopDelay(loops, new PrometheusRegistry())) {
                    standing.execute(() -> {
                        long end = System.nanoTime() + held;
                        while (System.nanoTime() < end) {
                            LockSupport.parkNanos(end - System.nanoTime());
                        }
                    });
                    Awaitility.await().until(() -> delay.longestNanos() >= held - TimeUnit.MILLISECONDS.toNanos(100));
                }
            }
        }
    }
}
