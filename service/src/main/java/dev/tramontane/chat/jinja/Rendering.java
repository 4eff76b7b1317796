package dev.tramontane.chat.jinja;

import dev.tramontane.chat.jinja.value.Budget;
import java.time.ZonedDateTime;
import java.util.function.Supplier;

/** What filters, tests and functions may use. One rendering, one thread. */
record Rendering(Budget budget, Supplier<ZonedDateTime> now) {}
