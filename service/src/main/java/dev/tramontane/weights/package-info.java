/**
 * Model files: GGUF, mapped not read, every number checked before use, and written. Imports kernels only for mapped memory. Knows neither tokenizers nor models. Immutable after opening; any thread.
 */
@NullMarked
package dev.tramontane.weights;

import org.jspecify.annotations.NullMarked;
