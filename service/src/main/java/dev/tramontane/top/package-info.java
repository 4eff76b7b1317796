/**
 * A running server as it is seen from outside: what it says of itself at {@code /capacity}, {@code /metrics} and {@code /v1/models}, read within limits and
 * told in lines. Knows of the house only how JSON is read. One thread.
 */
@NullMarked
package dev.tramontane.top;

import org.jspecify.annotations.NullMarked;
