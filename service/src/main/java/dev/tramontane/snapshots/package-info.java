/**
 * Files of cache pages: what was computed, found again after a restart or by another process on the same directory.
 * Files are foreign input: each is checked whole before anything of it is used. Imports only {@code engine} of the house,
 * of which it is the {@link dev.tramontane.engine.PageStore}. Threads of its own read and write; nobody waits for them.
 */
@NullMarked
package dev.tramontane.snapshots;

import org.jspecify.annotations.NullMarked;
