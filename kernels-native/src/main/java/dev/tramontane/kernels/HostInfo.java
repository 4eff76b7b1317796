package dev.tramontane.kernels;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What this machine has, by {@code tm_host_info}.
 *
 * @param features of the processor
 * @param level what {@link CpuLevel#AUTO} stands for here
 * @param processors that this process may run on (affinity and control group quota), at least 1
 * @param backends that can be opened here
 */
public record HostInfo(Set<CpuFeature> features, CpuLevel level, int processors, Set<Backend> backends) {
    public HostInfo {
        features = Collections.unmodifiableSet(features.isEmpty() ? Set.of() : EnumSet.copyOf(features));
        backends = Collections.unmodifiableSet(backends.isEmpty() ? Set.of() : EnumSet.copyOf(backends));
    }

    static HostInfo of(int featureBits, int level, int processors, int backendBits) {
        Set<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
        for (CpuFeature feature : CpuFeature.values()) {
            if ((featureBits & feature.bit()) != 0) {
                features.add(feature);
            }
        }
        Set<Backend> backends = EnumSet.noneOf(Backend.class);
        for (Backend backend : Backend.values()) {
            if ((backendBits >>> backend.number() & 1) != 0) {
                backends.add(backend);
            }
        }
        return new HostInfo(features, CpuLevel.of(level), processors, backends);
    }
}
