package dev.tramontane.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300) // Only a hang reaches it.
class MetricsTextTest {
    private long now = Long.MAX_VALUE - 1; // Such a clock may turn over.
    private final AtomicInteger scrapes = new AtomicInteger();
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final MetricsText text = new MetricsText(registry, Duration.ofMillis(25), () -> now);

    MetricsTextTest() {
        GaugeWithCallback.builder()
                .name("scrapes")
                .callback(value -> value.call(scrapes.incrementAndGet()))
                .register(registry);
    }

    private static String shown(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void whatWasWrittenAMomentAgoIsGivenOnceMore() {
        assertThat(text.written()).isNull();
        byte[] first = text.render();
        assertThat(shown(first)).contains("scrapes 1.0");
        now += 24_999_999;
        assertThat(text.written()).isSameAs(first);
        assertThat(text.render()).isSameAs(first);
        now += 1;
        assertThat(text.written()).isNull();
        assertThat(shown(text.render())).contains("scrapes 2.0");
    }

    @Test
    void ofThoseWhoAskAtOnceOneWrites() throws Exception {
        int askers = 8;
        CountDownLatch together = new CountDownLatch(askers);
        List<FutureTask<byte[]>> asked = new ArrayList<>();
        for (int i = 0; i < askers; i++) {
            FutureTask<byte[]> ask = new FutureTask<>(() -> {
                together.countDown();
                together.await();
                return text.render();
            });
            asked.add(ask);
            Thread.ofPlatform().daemon().start(ask);
        }
        for (FutureTask<byte[]> ask : asked) {
            assertThat(shown(ask.get())).contains("scrapes 1.0");
        }
        assertThat(scrapes).hasValue(1);
    }

    @Test
    void withoutATimeEachIsAnew() {
        MetricsText plain = new MetricsText(registry);
        plain.render();
        assertThat(plain.written()).isNull();
        assertThat(shown(plain.render())).contains("scrapes 2.0");
    }
}
