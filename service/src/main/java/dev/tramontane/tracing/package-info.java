/**
 * Traces of requests by OpenTelemetry's protocol, behind the sink that {@code api} declares: the only package that knows of
 * OpenTelemetry. None of it is loaded where no collector is named.
 */
@NullMarked
package dev.tramontane.tracing;

import org.jspecify.annotations.NullMarked;
