/**
 * A cluster on paper: requests arrive, servers compute them at measured rates, an autoscaler adds and removes servers by
 * Kubernetes' and KEDA's published rules, and what it costs is set against who waited too long. No clock, no thread and no
 * chance but that of a seed: the same source gives the same figures on every machine.
 */
@NullMarked
package dev.tramontane.simulation;

import org.jspecify.annotations.NullMarked;
