package dev.tramontane.generation.guide;

import dev.tramontane.engine.Guide;
import dev.tramontane.engine.MaskWork;
import org.jspecify.annotations.Nullable;

/**
 * What follows a {@link BudgetGuide} as long as its budget can't matter: it takes no more tokens than thoughts may still have, and outside of
 * thoughts none that might begin one.
 */
final class AheadOfBudget implements Guide {
    private final @Nullable Guide rest;
    private final Tokens tokens;
    private final ThoughtMeter.Ahead meter;

    AheadOfBudget(@Nullable Guide rest, Tokens tokens, ThoughtMeter.Ahead meter) {
        this.rest = rest;
        this.tokens = tokens;
        this.meter = meter;
    }

    @Override
    public boolean mask(long[] words, MaskWork work) {
        if (rest != null) {
            return rest.mask(words, work);
        }
        tokens.writeAll(words);
        return true;
    }

    @Override
    public boolean accept(int token) {
        return meter.take(token) && (rest == null || rest.accept(token));
    }

    @Override
    public @Nullable Guide fork() {
        return null;
    }

    @Override
    public boolean isComplete() {
        return rest == null || rest.isComplete();
    }

    @Override
    public boolean isFinished() {
        return rest != null && rest.isFinished();
    }
}
