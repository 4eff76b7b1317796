package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Budget;
import java.time.ZonedDateTime;
import java.util.function.Supplier;

/** What filters, tests and functions may use. One rendering, one thread. */
record Rendering(Budget budget, Supplier<ZonedDateTime> now) {}
