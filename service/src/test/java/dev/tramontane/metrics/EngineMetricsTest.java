package dev.tramontane.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineObserver.Phases;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.Status;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class EngineMetricsTest {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final EngineMetrics metrics = new EngineMetrics(registry);

    @Test
    void countersFollowTheEnginesTotals() {
        metrics.step(5, 1, 1_000_000);
        metrics.books(status(5, 0));
        metrics.step(1, 1, 1_000_000);
        metrics.books(status(5, 1));
        metrics.step(1, 1, 1_000_000);
        metrics.books(status(5, 2));
        assertThat(text())
                .contains("tramontane_prompt_tokens_total 5.0\n")
                .contains("tramontane_generation_tokens_total 2.0\n")
                .contains("tramontane_step_seconds_count 3\n")
                .contains("tramontane_step_tokens_sum 7.0\n");
    }

    @Test
    void gaugesShowTheBooks() {
        metrics.pageTokens(32);
        metrics.books(Status.of(false, 3, 2, 1, 10, 20, 40, 7, 0, 0));
        assertThat(text())
                .contains("tramontane_requests_waiting 3.0\n")
                .contains("tramontane_requests_running 2.0\n")
                .contains("tramontane_requests_parked 1.0\n")
                .contains("tramontane_cache_pages{state=\"used\"} 10.0\n")
                .contains("tramontane_cache_pages{state=\"reserved\"} 20.0\n")
                .contains("tramontane_cache_pages{state=\"total\"} 40.0\n")
                .contains("tramontane_cache_used_ratio 0.25\n")
                .contains("tramontane_cache_reserved_ratio 0.5\n")
                .contains("tramontane_cache_page_tokens 32.0\n")
                .contains("tramontane_engine_healthy 0.0\n");
    }

    @Test
    void latenciesAndEndsAreRecordedInSeconds() {
        metrics.started(500_000_000L);
        metrics.firstToken(250_000_000L);
        metrics.nextToken(20_000_000L);
        metrics.finished(FinishReason.STOP, 4, 9, new Phases(0, 0, 0, 1_500_000_000L));
        metrics.refused(RefusedException.Cause.BUSY);
        assertThat(text())
                .contains("tramontane_request_queue_time_seconds_sum 0.5\n")
                .contains("tramontane_time_to_first_token_seconds_bucket{le=\"0.1\"} 0\n")
                .contains("tramontane_time_to_first_token_seconds_bucket{le=\"0.25\"} 1\n")
                .contains("tramontane_inter_token_latency_seconds_sum 0.02\n")
                .contains("tramontane_e2e_request_latency_seconds_sum 1.5\n")
                .contains("tramontane_requests_finished_total{finished_reason=\"stop\"} 1.0\n")
                .contains("tramontane_requests_finished_total{finished_reason=\"error\"} 0.0\n")
                .contains("tramontane_requests_refused_total{cause=\"busy\"} 1.0\n");
    }

    private static EngineStatus status(long prompt, long generated) {
        return Status.of(true, 0, 1, 0, 1, 1, 8, 1, prompt, generated);
    }

    private String text() {
        return new String(new MetricsText(registry).render(), StandardCharsets.UTF_8);
    }
}
