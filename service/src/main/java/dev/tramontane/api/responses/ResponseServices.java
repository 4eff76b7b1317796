package dev.tramontane.api.responses;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.journal.JournalPlace;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.replay.ReplayLimits;
import io.vertx.core.Vertx;
import java.time.InstantSource;

/** What all that answer with responses share, whatever carries them. */
public record ResponseServices(
        Vertx vertx,
        ApiConfig config,
        ServedModels models,
        HttpObserver observer,
        RequestMemory memory,
        ResponseStore store,
        ReplayLimits replay,
        InstantSource clock,
        JournalPlace journal) {

    /** Those of a process that leaves nothing behind. */
    public ResponseServices(
            Vertx vertx,
            ApiConfig config,
            ServedModels models,
            HttpObserver observer,
            RequestMemory memory,
            ResponseStore store,
            ReplayLimits replay,
            InstantSource clock) {
        this(vertx, config, models, observer, memory, store, replay, clock, new JournalPlace());
    }

    /** What this tenant's requests may refer to. What another server has is refused as such. */
    public History history(String tenant) {
        return store.of(tenant, config.instance());
    }
}
