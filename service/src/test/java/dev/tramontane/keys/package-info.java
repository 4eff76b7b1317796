@NullMarked
package dev.tramontane.keys;

import org.jspecify.annotations.NullMarked;
