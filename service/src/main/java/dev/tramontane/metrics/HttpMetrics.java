package dev.tramontane.metrics;

import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.RequestMemory;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.Set;

/**
 * The HTTP service's figures. Recorded on event loops, read by scrapes on any thread. Labels come from bounded sets:
 * routes as declared, known methods, statuses.
 */
public final class HttpMetrics implements HttpObserver {
    private static final double NANOS = 1e9;
    private static final double[] BUCKETS = {.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300};

    /** Clients may send any word as a method; these are counted by name. */
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE");

    private static final String TOO_MANY_CONNECTIONS = "too_many_connections";

    private final Counter requests;
    private final Histogram durations;
    private final Gauge openStreams;
    private final Counter streams;
    private final Counter disconnects;
    private final Gauge connections;
    private final Counter refused;
    private final Counter refusals;

    public HttpMetrics(PrometheusRegistry registry) {
        requests = Counter.builder()
                .name("tramontane_http_requests")
                .help("Requests answered, by route, method and status; 499: the client left before there was an"
                        + " answer.")
                .labelNames("route", "method", "status")
                .register(registry);
        durations = Histogram.builder()
                .name("tramontane_http_request_duration")
                .unit(Unit.SECONDS)
                .help("From a request's head to the end of its answer.")
                .labelNames("route")
                .classicOnly()
                .classicUpperBounds(BUCKETS)
                .register(registry);
        openStreams = Gauge.builder()
                .name("tramontane_http_open_streams")
                .help("Answers being streamed, over SSE or a WebSocket.")
                .labelNames("route")
                .register(registry);
        streams = Counter.builder()
                .name("tramontane_http_streams")
                .help("Answers streamed, ended or not.")
                .labelNames("route")
                .register(registry);
        disconnects = Counter.builder()
                .name("tramontane_http_client_disconnects")
                .help("Streams whose client left before their end.")
                .labelNames("route")
                .register(registry);
        connections = Gauge.builder()
                .name("tramontane_http_connections")
                .help("Connections open, WebSockets included.")
                .register(registry);
        refused = Counter.builder()
                .name("tramontane_http_connections_refused")
                .help("Connections refused because too many were open.")
                .register(registry);
        refusals = Counter.builder()
                .name("tramontane_http_refused")
                .help("Requests answered by an error, over HTTP or a WebSocket, and connections refused, by reason: the"
                        + " error's code.")
                .labelNames("reason")
                .register(registry);
        refusals.initLabelValues("request_memory");
        refusals.initLabelValues(TOO_MANY_CONNECTIONS);
    }

    /** Shows how much of the memory of requests is held. */
    public static void watch(RequestMemory memory, PrometheusRegistry registry) {
        GaugeWithCallback.builder()
                .name("tramontane_request_memory_bytes")
                .help("Heap that requests in flight hold, estimated from above, and what they may hold together.")
                .labelNames("state")
                .callback(value -> {
                    value.call((double) memory.held(), "held");
                    value.call((double) memory.limit(), "limit");
                })
                .register(registry);
    }

    @Override
    public void requestEnded(String route, String method, int status, long nanos) {
        String known = METHODS.contains(method) ? method : "other";
        requests.labelValues(route, known, Integer.toString(status)).inc();
        durations.labelValues(route).observe(nanos / NANOS);
    }

    @Override
    public void streamOpened(String route) {
        streams.labelValues(route).inc();
        openStreams.labelValues(route).inc();
    }

    @Override
    public void streamClosed(String route, boolean disconnected) {
        openStreams.labelValues(route).dec();
        if (disconnected) {
            disconnects.labelValues(route).inc();
        }
    }

    @Override
    public void connectionOpened() {
        connections.inc();
    }

    @Override
    public void connectionClosed() {
        connections.dec();
    }

    @Override
    public void connectionRefused() {
        refused.inc();
        refused(TOO_MANY_CONNECTIONS);
    }

    @Override
    public void refused(String reason) {
        refusals.labelValues(reason).inc();
    }
}
