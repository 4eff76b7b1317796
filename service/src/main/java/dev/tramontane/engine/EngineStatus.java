package dev.tramontane.engine;

/**
 * The engine's books at the end of a step.
 *
 * @param healthy false once the model has failed; nothing is admitted any more
 */
public record EngineStatus(
        boolean healthy,
        int queued,
        int running,
        int parked,
        int pagesUsed,
        int pagesReserved,
        int pagesTotal,
        long steps,
        long promptTokens,
        long generatedTokens) {}
