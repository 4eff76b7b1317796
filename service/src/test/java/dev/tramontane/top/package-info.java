@NullMarked
package dev.tramontane.top;

import org.jspecify.annotations.NullMarked;
