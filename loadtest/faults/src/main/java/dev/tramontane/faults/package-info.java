/** Faults of networks, made on one machine without root. Knows nothing of the house and needs nothing but Java. */
@NullMarked
package dev.tramontane.faults;

import org.jspecify.annotations.NullMarked;
