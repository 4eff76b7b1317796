package dev.tramontane.stages;

import org.jspecify.annotations.Nullable;

/** What is loaded, which stays for the next head that orders the same. Used by whoever has the {@link HeadSeat}. */
final class KeptLayers {
    private final StageHost host;
    private @Nullable StageOrder order;
    private StageHost.@Nullable Hosted loaded;

    KeptLayers(StageHost host) {
        this.host = host;
    }

    /** @throws dev.tramontane.model.ModelException as {@link StageHost#open} */
    StageHost.Hosted of(StageOrder wanted, StageHost.Progress progress) {
        StageHost.Hosted there = loaded;
        if (there != null && order != null && wanted.asks(order)) {
            return there;
        }
        forget();
        StageHost.Hosted fresh = host.open(wanted, progress);
        loaded = fresh;
        order = wanted;
        return fresh;
    }

    void forget() {
        StageHost.Hosted there = loaded;
        loaded = null;
        order = null;
        if (there != null) {
            there.close();
        }
    }
}
