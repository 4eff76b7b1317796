package dev.tramontane.metrics;

import dev.tramontane.api.journal.JournalObserver;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;

/** What becomes of answers in files. Any thread. */
public final class AnswerMetrics implements JournalObserver {
    private final Counter files;

    public AnswerMetrics(PrometheusRegistry registry) {
        files = Counter.builder()
                .name("tramontane_answer_files")
                .help("Files of answers that outlive their process, by what became of them.")
                .labelNames("event")
                .register(registry);
        List.of("written", "restored", "refused", "failed").forEach(files::initLabelValues);
    }

    @Override
    public void written() {
        files.labelValues("written").inc();
    }

    @Override
    public void restored() {
        files.labelValues("restored").inc();
    }

    @Override
    public void refused() {
        files.labelValues("refused").inc();
    }

    @Override
    public void failed() {
        files.labelValues("failed").inc();
    }
}
