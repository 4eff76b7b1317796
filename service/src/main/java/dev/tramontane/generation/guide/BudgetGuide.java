package dev.tramontane.generation.guide;

import dev.tramontane.engine.Guide;
import dev.tramontane.engine.MaskWork;
import dev.tramontane.structure.Structure;
import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** An answer whose thoughts have so many tokens at most: then their closing mark is drawn, and the answer goes on as it would. */
public final class BudgetGuide implements Guide {
    private final @Nullable Guide rest;
    private final Tokens tokens;
    private final ThoughtMeter meter;
    private final int most;
    private final OptionalInt close;
    private final @Nullable Structure closeText;
    private @Nullable Guide closing;

    /**
     * @param rest what the answer is held to besides; null for nothing
     * @param most tokens of thoughts
     * @param close the id of the closing mark, where it is a control token
     * @param closeText the mark as a text, where it is one
     */
    public BudgetGuide(
            @Nullable Guide rest,
            Tokens tokens,
            ThoughtMeter meter,
            int most,
            OptionalInt close,
            @Nullable Structure closeText) {
        this.rest = rest;
        this.tokens = tokens;
        this.meter = meter;
        this.most = most;
        this.close = close;
        this.closeText = closeText;
    }

    private boolean isSpent() {
        return meter.isThinking() && meter.tokens() >= most;
    }

    @Override
    public boolean mask(long[] words, MaskWork work) {
        if (!isSpent()) {
            if (rest != null) {
                return rest.mask(words, work);
            }
            tokens.writeAll(words);
            return true;
        }
        if (!meter.isWhole() && closing == null) {
            return restOfCharacter(words, work); // Half of one would become part of what follows.
        }
        Guide spelled = closing();
        if (spelled != null) {
            return spelled.mask(words, work);
        }
        Arrays.fill(words, 0);
        close.ifPresent(id -> words[id >> 6] |= 1L << id);
        return true;
    }

    /** What goes on with a character; all that may follow where nothing does. */
    private boolean restOfCharacter(long[] words, MaskWork work) {
        if (rest == null) {
            tokens.writeContinuations(words);
            return true;
        }
        if (!rest.mask(words, work)) {
            return false;
        }
        tokens.keepContinuations(words);
        return true;
    }

    /** The mark, from its beginning on; null where it is a control token. */
    private @Nullable Guide closing() {
        if (closing == null && closeText != null) {
            closing = new StructureGuide(closeText.matcher());
        }
        return closing;
    }

    @Override
    public boolean accept(int token) {
        if (isSpent() && (meter.isWhole() || closing != null)) {
            Guide spelled = closing();
            boolean fits = spelled == null ? close.isPresent() && close.getAsInt() == token : spelled.accept(token);
            if (!fits) {
                return false;
            }
        }
        if (rest != null && !rest.accept(token)) {
            return false;
        }
        meter.take(token);
        if (!meter.isThinking()) {
            closing = null;
        }
        return true;
    }

    /** While none of the tokens ahead can be one that the budget forbids, they are held to the rest only. */
    @Override
    public @Nullable Guide fork() {
        Guide ahead = rest == null ? null : rest.fork();
        return rest != null && ahead == null ? null : new AheadOfBudget(ahead, tokens, meter.ahead(most));
    }

    @Override
    public boolean isComplete() {
        return !isSpent() && (rest == null || rest.isComplete());
    }

    @Override
    public boolean isFinished() {
        return !isSpent() && rest != null && rest.isFinished();
    }
}
