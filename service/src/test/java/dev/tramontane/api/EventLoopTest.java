package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.Recovery;
import dev.tramontane.model.CacheType;
import io.vertx.core.Context;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The event loop never blocks (promise 7), under everything that can be asked at once ({@link EveryRoute}). */
@Tag("slow")
class EventLoopTest {
    private static final long LIMIT_MILLIS = 100;

    /** Vert.x measures the wall's time, so a busy test machine counts as a busy loop; only long blocks are its to find. */
    private static final long CHECKER_MILLIS = 10_000;

    /**
     * Runs on the event loop again and again. What the loop computed between two runs is what others had to wait for; the time
     * that the machine gave to other processes is not. What it waited for or was locked out from is told apart, since that
     * depends on the machine, too: only long waits are held against it.
     */
    private static final class Probe {
        private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        private final Context loop;
        private volatile boolean stopped;
        private volatile long longestNanos;
        private volatile long longestWaitMillis;
        private long cpuBefore = -1;
        private long waitBefore;

        Probe(Context loop) {
            this.loop = loop;
            threads.setThreadContentionMonitoringEnabled(true);
            loop.runOnContext(ignored -> tick());
        }

        private void tick() {
            ThreadInfo waits = threads.getThreadInfo(Thread.currentThread().threadId());
            long waited = waits.getBlockedTime() + waits.getWaitedTime();
            long now = threads.getCurrentThreadCpuTime();
            if (cpuBefore >= 0) {
                longestNanos = Math.max(longestNanos, now - cpuBefore);
                longestWaitMillis = Math.max(longestWaitMillis, waited - waitBefore);
            }
            cpuBefore = now;
            waitBefore = waited;
            if (!stopped) {
                loop.runOnContext(ignored -> tick());
            }
        }
    }

    @Test
    @DisplayName("reliability 36: nothing holds the event loop")
    void neverBlocks(@TempDir Path answers) throws IOException {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        EngineConfig engine = new EngineConfig(
                new EngineConfig.Step(8, 256, 64),
                new EngineConfig.Cache(16, CacheType.F16, 64 << 20),
                new EngineConfig.Admission(64, 8192, 4, 512, 1 << 20));
        ListAppender<ILoggingEvent> warnings = new ListAppender<>();
        Logger checker = (Logger) LoggerFactory.getLogger("io.vertx.core.impl.BlockedThreadChecker");
        try (TestService service = TestService.watched(model, engine, TestService.CONFIG, CHECKER_MILLIS)
                        .sharing(answers, 1);
                EveryRoute all = new EveryRoute(service)) {
            all.load(); // Classes load and compile now.
            Recovery recovery = new Recovery(new WatchedService(service));
            warnings.start();
            checker.addAppender(warnings);
            Probe probe = new Probe(service.loop());
            for (int round = 0; round < 2; round++) {
                all.load();
            }
            service.leave(); // What is kept is written.
            probe.stopped = true;
            System.out.printf(
                    "longest block of the event loop: %.1f ms computed, %d ms waited%n",
                    probe.longestNanos / 1e6, probe.longestWaitMillis);
            assertThat(TimeUnit.NANOSECONDS.toMillis(probe.longestNanos)).isLessThan(LIMIT_MILLIS);
            assertThat(probe.longestWaitMillis).isLessThan(CHECKER_MILLIS);
            assertThat(warnings.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .isEmpty();
            recovery.isRecovered("reliability 36");
        } finally {
            checker.detachAppender(warnings);
        }
    }
}
