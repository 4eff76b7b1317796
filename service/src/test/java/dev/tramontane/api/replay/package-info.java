@NullMarked
package dev.tramontane.api.replay;

import org.jspecify.annotations.NullMarked;
