package dev.tramontane.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.engine.EngineObserver.Phases;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.fixtures.Status;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Prometheus' own tool reads a scrape and finds nothing to say, where it is installed (Debian's package prometheus). */
class PromtoolTest {

    @Test
    void hasNothingToSay() throws Exception {
        Path promtool = ClientProgram.program("promtool");
        PrometheusRegistry registry = new PrometheusRegistry();
        JvmMetrics.builder().register(registry);
        EngineMetrics engine = new EngineMetrics(registry);
        VllmMetrics vllm = new VllmMetrics(registry, "m", 4096, 32);
        HttpMetrics http = new HttpMetrics(registry);
        HttpMetrics.watch(new RequestMemory(1), registry);
        new LifeMetrics(registry, List.of("loading", "ready"), () -> "ready");
        EventLoopDelay delay = new EventLoopDelay(List.of(), registry);
        for (var each : List.of(engine, vllm)) {
            each.books(Status.of(true, 1, 2, 3, 4, 5, 6, 7, 8, 9));
            each.finished(FinishReason.STOP, 1, 2, new Phases(1, 2, 3, 6));
            each.firstToken(1);
        }
        http.requestEnded("/livez", "GET", 200, 1);
        http.streamOpened("/v1/responses");

        Process check = new ProcessBuilder(promtool.toString(), "check", "metrics")
                .redirectErrorStream(true)
                .start();
        try (OutputStream in = check.getOutputStream()) {
            in.write(new MetricsText(registry).render());
        }
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        delay.close();
        // vLLM's names are vLLM's: what the tool would have called otherwise stays as its readers know it.
        assertThat(said.lines().filter(line -> !line.startsWith("vllm:"))).isEmpty();
    }
}
