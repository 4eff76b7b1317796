/**
 * A model as the engine drives it: its geometry, the cache's shape, the batch of a step, how tokens are sampled, and the
 * {@link dev.tramontane.model.Model} interface. Plain Java that imports nothing of the house, so that all above is tested
 * without native code or files; and the {@link dev.tramontane.model.Heartbeat} of whoever drives one. A model and its batches are driven by one thread (the engine's); records are immutable.
 */
@NullMarked
package dev.tramontane.model;

import org.jspecify.annotations.NullMarked;
