package dev.tramontane.tracing;

import dev.tramontane.api.TraceContext;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A request's span has the id that its client was told of; all others are random. Any thread. */
final class GivenIds implements IdGenerator {
    private static final ThreadLocal<@Nullable TraceContext> GIVEN = new ThreadLocal<>();

    private final IdGenerator random = IdGenerator.random();

    /** What a span is made by, with a request's ids. */
    <T> T with(TraceContext ids, Supplier<T> span) {
        GIVEN.set(ids);
        try {
            return span.get();
        } finally {
            GIVEN.remove();
        }
    }

    @Override
    public String generateSpanId() {
        TraceContext ids = GIVEN.get();
        return ids == null ? random.generateSpanId() : ids.spanId();
    }

    @Override
    public String generateTraceId() {
        TraceContext ids = GIVEN.get();
        return ids == null ? random.generateTraceId() : ids.traceId();
    }
}
