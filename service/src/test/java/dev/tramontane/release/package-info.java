/** What is handed on: release archive, images, and what goes with them. */
@NullMarked
package dev.tramontane.release;

import org.jspecify.annotations.NullMarked;
