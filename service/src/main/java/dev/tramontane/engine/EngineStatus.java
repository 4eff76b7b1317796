package dev.tramontane.engine;

/**
 * The engine's books at the end of a step.
 *
 * @param healthy false once the model has failed or while a part of it is lost; nothing is admitted then
 * @param queued requests that wait for admission
 * @param running admitted sequences that may be computed
 * @param parked admitted sequences that wait for demand: they hold their pages, but no place in the batch
 * @param pagesUsed pages held, of all groups; a shared one counts once
 * @param pagesReserved pages that the admitted sequences may come to hold
 * @param pagesKept pages that nobody holds, with something in them that a later request may find; they give way at any time
 * @param pagesTotal pages of the cache
 * @param steps steps computed
 * @param promptTokens prompt tokens computed
 * @param generatedTokens tokens sampled, end tokens included
 * @param guessesAccepted tokens that were guessed ahead and drawn
 * @param guessesRejected tokens that were guessed ahead and not drawn
 * @param soughtTokens prompt tokens that were looked for among what is computed already
 * @param foundTokens of these, there, so not computed again
 * @param usedRatio the share of pages held, 0 to 1, in the group of layers where it is highest
 * @param reservedRatio likewise of pages reserved: at 1 nobody is admitted
 */
public record EngineStatus(
        boolean healthy,
        int queued,
        int running,
        int parked,
        int pagesUsed,
        int pagesReserved,
        int pagesKept,
        int pagesTotal,
        long steps,
        long promptTokens,
        long generatedTokens,
        long guessesAccepted,
        long guessesRejected,
        long soughtTokens,
        long foundTokens,
        double usedRatio,
        double reservedRatio) {}
