package dev.tramontane.generation;

import java.util.List;
import java.util.Set;

/**
 * What ends an answer before its limit.
 *
 * @param minTokens end tokens and stop strings do not count before this many tokens
 * @param strings none empty; the answer ends before the first that appears
 * @param includeString whether the string that ended the answer stays in its text
 * @param tokens ids that end an answer, besides the model's own end tokens
 * @param ignoreEnd whether the model's own end tokens are ignored (ignore_eos)
 */
public record StopRules(
        int minTokens, List<String> strings, boolean includeString, Set<Integer> tokens, boolean ignoreEnd) {

    public StopRules {
        strings = List.copyOf(strings);
        tokens = Set.copyOf(tokens);
    }

    /** The model's end tokens and these strings. */
    public static StopRules at(List<String> strings) {
        return new StopRules(0, strings, false, Set.of(), false);
    }
}
