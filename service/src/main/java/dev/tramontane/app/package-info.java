/**
 * Command line, configuration and wiring: the only place that reads the environment and system properties.
 */
@NullMarked
package dev.tramontane.app;

import org.jspecify.annotations.NullMarked;
