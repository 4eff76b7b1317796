/**
 * The binding to the kernel library through the Foreign Function and Memory API: the only place with a {@code Linker},
 * an {@code Arena} or a downcall. Imports nothing of the house. A context is used by one thread at a time.
 */
@NullMarked
package dev.tramontane.kernels;

import org.jspecify.annotations.NullMarked;
