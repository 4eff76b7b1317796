package dev.tramontane.engine;

import dev.tramontane.model.Sampling;
import java.util.Set;

/**
 * A request as the engine sees it. The prompt array is not copied and must not change.
 *
 * @param prompt token ids, at least one
 * @param maxTokens tokens to generate at most; the context's end comes first if it is nearer; 0 only scores the prompt
 * @param minTokens end tokens are masked out before this many
 * @param endTokens ids that finish the sequence with {@link FinishReason#STOP}; empty to ignore all
 * @param sampling how tokens are sampled
 * @param tops alternatives to report per generated token, 0..20; -1: no log-probabilities wanted
 * @param promptTops alternatives to report per prompt token, 0..20; -1: the prompt is not scored
 * @param initialDemand tokens that may be produced before the first {@link SequenceHandle#request}
 * @param tenant for whom
 */
public record Submission(
        int[] prompt,
        int maxTokens,
        int minTokens,
        Set<Integer> endTokens,
        Sampling sampling,
        int tops,
        int promptTops,
        long initialDemand,
        Tenant tenant) {
    public Submission {
        endTokens = Set.copyOf(endTokens);
    }

    /** For nobody in particular. */
    public Submission(
            int[] prompt,
            int maxTokens,
            int minTokens,
            Set<Integer> endTokens,
            Sampling sampling,
            int tops,
            int promptTops,
            long initialDemand) {
        this(prompt, maxTokens, minTokens, endTokens, sampling, tops, promptTops, initialDemand, Tenant.COMMON);
    }
}
