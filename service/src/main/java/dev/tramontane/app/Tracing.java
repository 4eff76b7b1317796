package dev.tramontane.app;

import dev.tramontane.api.TraceSink;
import dev.tramontane.tracing.OtlpTraces;

/**
 * Who is told of single requests, and what is to be done when nobody is any more.
 *
 * @param sink told by the service
 * @param last sends what is left
 */
record Tracing(TraceSink sink, Runnable last) implements AutoCloseable {

    /** Nothing of OpenTelemetry is loaded where no collector is named. */
    static Tracing of(TraceChoice choice) {
        if (choice.collector().isEmpty()) {
            return new Tracing(TraceSink.NONE, () -> {});
        }
        OtlpTraces traces = new OtlpTraces(choice.collector().orElseThrow(), choice.share(), Program.Version.number());
        return new Tracing(traces, traces::close);
    }

    @Override
    public void close() {
        last.run();
    }
}
