/**
 * What templates compute with: Python's values, their printing, comparing and arithmetic, and text that knows which of
 * its characters the template wrote. Imports nothing of the house. Values are immutable unless they say otherwise;
 * one rendering, one thread.
 */
@NullMarked
package dev.tramontane.jinja.value;

import org.jspecify.annotations.NullMarked;
