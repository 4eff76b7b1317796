package dev.tramontane.tracing;

import dev.tramontane.api.TraceContext;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A request's span has the id that its client was told of; all others are random. Any thread. */
final class GivenIds implements IdGenerator {
    private final IdGenerator random = IdGenerator.random();
    private final ThreadLocal<@Nullable TraceContext> given = new ThreadLocal<>();

    /** What a span is made by, with a request's ids. */
    <T> T with(TraceContext ids, Supplier<T> span) {
        given.set(ids);
        try {
            return span.get();
        } finally {
            given.remove();
        }
    }

    @Override
    public String generateSpanId() {
        TraceContext ids = given.get();
        return ids == null ? random.generateSpanId() : ids.spanId();
    }

    @Override
    public String generateTraceId() {
        TraceContext ids = given.get();
        return ids == null ? random.generateTraceId() : ids.traceId();
    }
}
