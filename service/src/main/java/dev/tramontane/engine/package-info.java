/**
 * Continuous batching: admission, scheduling, the paged ring's books and the engine loop. Pure Java: imports only
 * {@code model} of the house, no file, no native type, no Vert.x, no Reactor, no JSON. One platform thread, the engine's,
 * owns all mutable state; other threads only enqueue commands.
 */
@NullMarked
package dev.tramontane.engine;

import org.jspecify.annotations.NullMarked;
