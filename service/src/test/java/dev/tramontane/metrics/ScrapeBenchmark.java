package dev.tramontane.metrics;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.engine.EngineObserver.Phases;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.fixtures.Status;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * What a scrape costs the thread that writes it: median and 99th percentile of its time, and bytes allocated, for the
 * service's own figures, the JVM's, and all of them with a text that may be 25 ms old, twenty askers a second each. Not a
 * test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java -cp "target/test-classes:target/classes:target/lib/*" dev.tramontane.metrics.ScrapeBenchmark [scrapes]</pre>
 */
public final class ScrapeBenchmark {
    private static final int ROUTES = 12;

    private ScrapeBenchmark() {}

    /** See above. */
    public static void main(String[] arguments) throws InterruptedException {
        int scrapes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2000;
        PrintStream out = System.out;
        Consumer<PrometheusRegistry> jvm = registry -> JvmMetrics.builder().register(registry);
        measure(out, "own", scrapes, ScrapeBenchmark::own);
        measure(out, "JVM's", scrapes, jvm);
        measure(out, "all", scrapes, jvm.andThen(ScrapeBenchmark::own));
        for (int askers : new int[] {1, 4, 16}) {
            shared(out, askers, jvm.andThen(ScrapeBenchmark::own));
        }
    }

    private static void own(PrometheusRegistry registry) {
        EngineMetrics engine = new EngineMetrics(registry);
        HttpMetrics http = new HttpMetrics(registry);
        HttpMetrics.watch(new RequestMemory(1 << 20), registry);
        new LifeMetrics(registry, List.of("loading", "ready", "leaving", "draining", "failed"), () -> "ready");
        new EventLoopDelay(List.of(), registry).close();
        engine.books(Status.of(true, 1, 2, 3, 4, 5, 6, 7, 8, 9));
        engine.started(1);
        engine.firstToken(1);
        engine.nextToken(1);
        engine.step(1, 1, 1);
        engine.finished(FinishReason.STOP, 1, 1, new Phases(1, 1, 1, 1));
        for (int route = 0; route < ROUTES; route++) {
            http.requestEnded("/v1/route" + route, "POST", 200, 1);
            http.streamOpened("/v1/route" + route);
        }
    }

    private static void measure(PrintStream out, String what, int scrapes, Consumer<PrometheusRegistry> register) {
        PrometheusRegistry registry = new PrometheusRegistry();
        register.accept(registry);
        MetricsText text = new MetricsText(registry);
        long[] nanos = new long[scrapes];
        int bytes = 0;
        long allocated = 0;
        for (int round = 0; round < 2; round++) { // The first is for warmth.
            long before = allocated();
            for (int i = 0; i < scrapes; i++) {
                long begun = System.nanoTime();
                bytes = text.render().length;
                nanos[i] = System.nanoTime() - begun;
            }
            allocated = allocated() - before;
        }
        Arrays.sort(nanos);
        out.printf(
                Locale.ROOT,
                "%-6s %7d bytes of text, %6.0f us median, %6.0f us 99 %%, %5d KiB allocated%n",
                what,
                bytes,
                nanos[scrapes / 2] / 1e3,
                nanos[scrapes * 99 / 100] / 1e3,
                (allocated / scrapes) >> 10);
    }

    /** Processor time of all askers in a few seconds, each asking every 50 ms. */
    private static void shared(PrintStream out, int askers, Consumer<PrometheusRegistry> register)
            throws InterruptedException {
        for (Duration fresh : List.of(Duration.ZERO, MetricsText.FRESH)) {
            PrometheusRegistry registry = new PrometheusRegistry();
            register.accept(registry);
            MetricsText text = new MetricsText(registry, fresh, System::nanoTime);
            long[] cpu = new long[askers];
            Thread[] threads = new Thread[askers];
            for (int asker = 0; asker < askers; asker++) {
                int index = asker;
                threads[asker] = Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 60; i++) {
                        pause();
                        if (text.written() == null) {
                            text.render();
                        }
                    }
                    cpu[index] = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                });
            }
            for (Thread thread : threads) {
                thread.join();
            }
            out.printf(
                    Locale.ROOT,
                    "%2d askers, 20 a second each, text up to %d ms old: %5.2f %% of a core%n",
                    askers,
                    fresh.toMillis(),
                    Arrays.stream(cpu).sum() / 3e9 * 100);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
