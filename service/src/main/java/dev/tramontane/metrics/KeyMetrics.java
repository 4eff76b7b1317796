package dev.tramontane.metrics;

import dev.tramontane.keys.KeyObserver;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** What holders of keys do. Labels are the names in the operator's file: no client can make one. Any thread. */
public final class KeyMetrics implements KeyObserver {
    private final Counter requests;
    private final Counter limited;
    private final Counter tokens;
    private final Gauge streams;

    public KeyMetrics(PrometheusRegistry registry) {
        requests = Counter.builder()
                .name("tramontane_key_requests")
                .help("Requests that count against a key's limit, refused or not.")
                .labelNames("key")
                .register(registry);
        limited = Counter.builder()
                .name("tramontane_key_limited")
                .help("Requests refused with 429 because of a key's own limit, by which one.")
                .labelNames("key", "limit")
                .register(registry);
        tokens = Counter.builder()
                .name("tramontane_key_tokens")
                .help("Tokens computed for a key: of prompts that were taken, and of answers.")
                .labelNames("key", "kind")
                .register(registry);
        streams = Gauge.builder()
                .name("tramontane_key_streams")
                .help("Answers that a key has under way, streamed or not, those that wait on a socket included.")
                .labelNames("key")
                .register(registry);
    }

    @Override
    public void requested(String name) {
        requests.labelValues(name).inc();
    }

    @Override
    public void limited(String name, String limit) {
        limited.labelValues(name, limit).inc();
    }

    @Override
    public void computed(String name, long promptTokens, long answerTokens) {
        if (promptTokens > 0) {
            tokens.labelValues(name, "prompt").inc(promptTokens);
        }
        if (answerTokens > 0) {
            tokens.labelValues(name, "answer").inc(answerTokens);
        }
    }

    @Override
    public void streams(String name, int change) {
        streams.labelValues(name).inc(change);
    }
}
