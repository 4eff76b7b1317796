@NullMarked
package dev.tramontane.api.journal;

import org.jspecify.annotations.NullMarked;
