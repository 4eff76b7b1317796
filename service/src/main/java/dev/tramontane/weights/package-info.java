/**
 * Weight files: GGUF and safetensors, mapped not read, every number checked before use; and GGUF files written. Imports
 * kernels only for mapped memory, and json. Knows neither tokenizers nor models. Immutable after opening; any thread.
 */
@NullMarked
package dev.tramontane.weights;

import org.jspecify.annotations.NullMarked;
