package dev.tramontane.engine;

import dev.tramontane.model.Sampling;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A request as the engine sees it. The prompt array is not copied and must not change.
 *
 * <p>An answer that was interrupted is continued by giving its tokens as the last ones of the prompt: they are computed
 * like a prompt, but for everything else they were generated. A draw depends on seed and position alone, so what follows
 * are the very tokens that would have followed.
 *
 * @param prompt token ids, at least one
 * @param continued how many of the prompt's last ids are the beginning of the answer: they count for {@code maxTokens},
 *     {@code minTokens}, penalties and {@link Finish}, and are not delivered again; with them there is one choice
 * @param maxTokens tokens to generate at most, those continued included; the context's end comes first if it is nearer; 0
 *     only scores the prompt
 * @param minTokens end tokens are masked out before this many, those continued included
 * @param endTokens ids that finish the sequence with {@link FinishReason#STOP}; empty to ignore all
 * @param sampling how tokens are sampled
 * @param tops alternatives to report per generated token, 0..20; -1: no log-probabilities wanted
 * @param promptTops alternatives to report per prompt token, 0..20; -1: the prompt is not scored
 * @param initialDemand tokens that may be produced before the first {@link SequenceHandle#request}, those continued not
 *     among them
 * @param tenant for whom
 * @param urgency when
 * @param guides gives each choice what it must be, past the tokens continued; null where it may be anything
 * @param speculation whether and how its tokens are guessed ahead; null for what the engine does by itself
 * @param adapter that all of it is computed with; null for none
 */
public record Submission(
        int[] prompt,
        int continued,
        int maxTokens,
        int minTokens,
        Set<Integer> endTokens,
        Sampling sampling,
        int tops,
        int promptTops,
        long initialDemand,
        Tenant tenant,
        Urgency urgency,
        @Nullable Supplier<? extends Guide> guides,
        @Nullable Speculation speculation,
        @Nullable EngineAdapter adapter) {
    public Submission {
        endTokens = Set.copyOf(endTokens);
    }

    /** Guessed ahead as the engine does by itself. */
    public Submission(
            int[] prompt,
            int continued,
            int maxTokens,
            int minTokens,
            Set<Integer> endTokens,
            Sampling sampling,
            int tops,
            int promptTops,
            long initialDemand,
            Tenant tenant,
            Urgency urgency,
            @Nullable Supplier<? extends Guide> guides) {
        this(
                prompt,
                continued,
                maxTokens,
                minTokens,
                endTokens,
                sampling,
                tops,
                promptTops,
                initialDemand,
                tenant,
                urgency,
                guides,
                null,
                null);
    }

    /** Whatever it may say. */
    public Submission(
            int[] prompt,
            int continued,
            int maxTokens,
            int minTokens,
            Set<Integer> endTokens,
            Sampling sampling,
            int tops,
            int promptTops,
            long initialDemand,
            Tenant tenant,
            Urgency urgency) {
        this(
                prompt,
                continued,
                maxTokens,
                minTokens,
                endTokens,
                sampling,
                tops,
                promptTops,
                initialDemand,
                tenant,
                urgency,
                null);
    }

    /** Whenever its turn comes. */
    public Submission(
            int[] prompt,
            int continued,
            int maxTokens,
            int minTokens,
            Set<Integer> endTokens,
            Sampling sampling,
            int tops,
            int promptTops,
            long initialDemand,
            Tenant tenant) {
        this(
                prompt,
                continued,
                maxTokens,
                minTokens,
                endTokens,
                sampling,
                tops,
                promptTops,
                initialDemand,
                tenant,
                Urgency.NONE);
    }

    /** From the beginning, for nobody in particular. */
    public Submission(
            int[] prompt,
            int maxTokens,
            int minTokens,
            Set<Integer> endTokens,
            Sampling sampling,
            int tops,
            int promptTops,
            long initialDemand) {
        this(prompt, 0, maxTokens, minTokens, endTokens, sampling, tops, promptTops, initialDemand, Tenant.COMMON);
    }

    /** The same, guided: as each choice has it. */
    public Submission guided(Supplier<? extends Guide> other) {
        return with(other, speculation, adapter);
    }

    /** The same, computed with an adapter. */
    public Submission adapted(@Nullable EngineAdapter other) {
        return with(guides, speculation, other);
    }

    /** The same, guessed ahead like this; null for what the engine does by itself. */
    public Submission speculating(@Nullable Speculation other) {
        return with(guides, other, adapter);
    }

    private Submission with(
            @Nullable Supplier<? extends Guide> otherGuides,
            @Nullable Speculation otherSpeculation,
            @Nullable EngineAdapter otherAdapter) {
        return new Submission(
                prompt,
                continued,
                maxTokens,
                minTokens,
                endTokens,
                sampling,
                tops,
                promptTops,
                initialDemand,
                tenant,
                urgency,
                otherGuides,
                otherSpeculation,
                otherAdapter);
    }

    @Nullable
    Guide newGuide() {
        return guides == null ? null : guides.get();
    }

    /** Tokens of the prompt proper. */
    int asked() {
        return prompt.length - continued;
    }
}
