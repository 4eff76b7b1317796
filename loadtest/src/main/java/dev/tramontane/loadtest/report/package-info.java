/** A run's figures for people and programs: a table, JSON, one HTML page without scripts. */
@NullMarked
package dev.tramontane.loadtest.report;

import org.jspecify.annotations.NullMarked;
