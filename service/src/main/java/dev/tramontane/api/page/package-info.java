/**
 * The chat page at {@code /}: a fixed set of files from the jar and the headers that keep them harmless. Imports {@code api}
 * and Vert.x. Files are read once, at start; handlers run on the event loop.
 */
@NullMarked
package dev.tramontane.api.page;

import org.jspecify.annotations.NullMarked;
