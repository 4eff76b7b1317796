/** What came of requests, added up: quantiles, counts, what met an objective. Bounded, however long a run. */
@NullMarked
package dev.tramontane.loadtest.measure;

import org.jspecify.annotations.NullMarked;
