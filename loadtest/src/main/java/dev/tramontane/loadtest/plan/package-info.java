/** What is sent, when, by whom, and how its reader behaves: drawn from distributions or read from a trace, the same for the same seed. */
@NullMarked
package dev.tramontane.loadtest.plan;

import org.jspecify.annotations.NullMarked;
