/**
 * Prometheus collectors behind the observers that lower floors declare. Any thread.
 */
@NullMarked
package dev.tramontane.metrics;

import org.jspecify.annotations.NullMarked;
