package dev.tramontane.generation;

import dev.tramontane.model.Sampling;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A request for text.
 *
 * @param prompt what to continue
 * @param choices answers wanted (n); they share the prompt's pages
 * @param maxTokens limit of each answer; empty: up to the end of the context; 0: only score the prompt
 * @param minTokens end tokens and stop strings do not count before this many tokens
 * @param sampling how tokens are sampled; choice i uses seed + i
 * @param stop stop strings, none empty; the answer ends before the first that appears
 * @param includeStop whether the matched stop string stays in the text
 * @param stopTokens ids that end an answer, besides the model's own end tokens
 * @param ignoreEnd whether the model's own end tokens are ignored (ignore_eos)
 * @param showControl whether control tokens appear in the text by their spelling (skip_special_tokens false)
 * @param tops alternatives per generated token, 0..20; -1: no log-probabilities
 * @param promptTops alternatives per prompt token, 0..20; -1: the prompt is not scored
 */
public record GenerationRequest(
        Prompt prompt,
        int choices,
        OptionalInt maxTokens,
        int minTokens,
        Sampling sampling,
        List<String> stop,
        boolean includeStop,
        Set<Integer> stopTokens,
        boolean ignoreEnd,
        boolean showControl,
        int tops,
        int promptTops) {
    public GenerationRequest {
        stop = List.copyOf(stop);
        stopTokens = Set.copyOf(stopTokens);
    }
}
