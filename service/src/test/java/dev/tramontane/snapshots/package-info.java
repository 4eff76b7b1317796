@NullMarked
package dev.tramontane.snapshots;

import org.jspecify.annotations.NullMarked;
