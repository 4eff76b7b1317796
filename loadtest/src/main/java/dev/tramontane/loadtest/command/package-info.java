/** The command line. */
@NullMarked
package dev.tramontane.loadtest.command;

import org.jspecify.annotations.NullMarked;
