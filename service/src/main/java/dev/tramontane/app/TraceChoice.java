package dev.tramontane.app;

import java.net.URI;
import java.util.Optional;

/**
 * Who is told of single requests.
 *
 * @param collector where traces are posted to; empty for none
 * @param share of the traces that begin here which are sampled
 */
record TraceChoice(Optional<URI> collector, double share) {
    static TraceChoice of(SettingValues values) {
        return new TraceChoice(values.collector(Setting.OTLP_ENDPOINT), values.share(Setting.TRACE_SAMPLE));
    }
}
