package dev.tramontane.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.AccessLines;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A collector that is dead costs nobody anything but a line a minute. */
@Timeout(300) // Only a hang reaches it.
class SpanQueueTest {
    private static final String WHERE = "http://collector.example/v1/traces";

    private final AccessLines log = new AccessLines("dev.tramontane.tracing.SpanQueue");
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1); // Such a clock may turn over.

    @AfterEach
    void close() {
        log.close();
    }

    /** Answers as it is told to. */
    private static class Collector implements SpanExporter {
        final List<Integer> batches = new CopyOnWriteArrayList<>();
        volatile CompletableResultCode answer = CompletableResultCode.ofSuccess();

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            batches.add(spans.size());
            return answer;
        }

        int spans() {
            return batches.stream().mapToInt(Integer::intValue).sum();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    private SdkTracerProvider queue(SpanExporter collector) {
        return SdkTracerProvider.builder()
                .addSpanProcessor(new SpanQueue(collector, WHERE, clock::get))
                .build();
    }

    private static void end(SdkTracerProvider provider, int spans) {
        Tracer tracer = provider.get("test");
        for (int i = 0; i < spans; i++) {
            tracer.spanBuilder("span").startSpan().end();
        }
    }

    private void awaitSpans(Collector collector, int spans) {
        await().until(() -> collector.spans() == spans);
    }

    @Test
    void spansAreSentTogetherAndTheLastOnesWhenItEnds() {
        Collector collector = new Collector();
        SdkTracerProvider provider = queue(collector);
        end(provider, 1000);
        awaitSpans(collector, 1000);
        assertThat(collector.batches.size()).isLessThan(20).isGreaterThan(1);
        assertThat(collector.batches).allMatch(size -> size <= 512);
        end(provider, 700);
        provider.close();
        assertThat(collector.spans()).isEqualTo(1700);
        assertThat(log.with("")).isEmpty();
        end(provider, 1);
        assertThat(collector.spans()).isEqualTo(1700);
    }

    @Test
    void aDeadOneIsALineAMinute() {
        Collector collector = new Collector();
        collector.answer = CompletableResultCode.ofExceptionalFailure(
                new IllegalStateException(new UncheckedIOException(new IOException("nobody listens"))));
        SdkTracerProvider provider = queue(collector);
        for (int round = 1; round <= 3; round++) {
            end(provider, 1);
            awaitSpans(collector, round);
        }
        await().until(() -> !log.with("").isEmpty());
        assertThat(log.with("")).hasSize(1);
        assertThat(log.with("").getFirst())
                .startsWith("1 spans did not reach the collector at " + WHERE + " and 0 ")
                .endsWith(": nobody listens");
        clock.addAndGet(Duration.ofMinutes(1).toNanos());
        end(provider, 1);
        await().until(() -> log.with("").size() == 2);
        assertThat(log.with("").getLast()).startsWith("3 spans did not reach");
        provider.close();
    }

    /** The JDK says of a port where nobody listens that a channel was closed. */
    @Test
    void nobodyListeningIsSaidInWords() {
        Collector collector = new Collector();
        collector.answer = CompletableResultCode.ofExceptionalFailure(
                new IllegalStateException(new ConnectException().initCause(new ClosedChannelException())));
        SdkTracerProvider provider = queue(collector);
        end(provider, 1);
        await().until(() -> !log.with("nobody listens there").isEmpty());
        provider.close();
    }

    /** It never answers: what waits is bounded, whoever ends a span does not wait, and neither does the end. */
    @Test
    void aSilentOneHoldsNobodyUp() {
        Collector collector = new Collector();
        collector.answer = new CompletableResultCode();
        SdkTracerProvider provider = queue(collector);
        end(provider, 1);
        awaitSpans(collector, 1); // From here on its thread waits.
        end(provider, SpanQueue.MOST_WAITING + 5000);
        collector.answer = CompletableResultCode.ofSuccess();
        provider.close();
        await().until(() -> collector.spans() == 1 + SpanQueue.MOST_WAITING);
        await().until(() -> log.with("5000 found no place").size() == 1);
    }
}
