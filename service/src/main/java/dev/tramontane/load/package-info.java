/**
 * Brings a model to life: {@link dev.tramontane.load.LoadedModel} hands a source's tensors to the kernel library and drives
 * them as a {@link dev.tramontane.model.Model}; what that takes in memory is estimated before. Imports source and below.
 * Loading blocks its thread; a loaded model is driven by one thread at a time (the engine's).
 */
@NullMarked
package dev.tramontane.load;

import org.jspecify.annotations.NullMarked;
