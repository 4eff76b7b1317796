/**
 * Runs chat templates: the part of Jinja that the templates of published models use, with Python's semantics, within
 * budgets of steps, text, depth and time. No reflection: values are those of {@code jinja.value}, and nothing but
 * map keys and listed methods can be reached. Imports only its own sub-packages. A template is immutable; a rendering
 * belongs to one thread, never the event loop.
 */
@NullMarked
package dev.tramontane.jinja;

import org.jspecify.annotations.NullMarked;
