/** The course of a run: starts at their times, an end, and the same requests once more without load. */
@NullMarked
package dev.tramontane.loadtest.run;

import org.jspecify.annotations.NullMarked;
