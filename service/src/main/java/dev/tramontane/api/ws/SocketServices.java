package dev.tramontane.api.ws;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseStore;
import io.vertx.core.Vertx;
import java.time.InstantSource;

/** What all sockets of a route share. */
record SocketServices(
        Vertx vertx,
        ApiConfig config,
        ServedModels models,
        HttpObserver observer,
        RequestMemory memory,
        InstantSource clock,
        ResponseStore store,
        ReplayLimits replay) {}
