@NullMarked
package dev.tramontane.generation.guide;

import org.jspecify.annotations.NullMarked;
