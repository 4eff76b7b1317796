package dev.tramontane.engine;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What parked sequences have left to do, as sums: nothing of it changes while they are parked, so a step need not look at
 * them. Engine thread only.
 */
final class ParkedWork {
    private final Map<String, Long> promptTokensOf = new HashMap<>();

    /** Sequences, and tokens that they may still generate, by the binary digits of these tokens' number. */
    private final long[] sequences = new long[Integer.SIZE];

    private final long[] left = new long[Integer.SIZE];

    void add(Sequence sequence) {
        account(sequence, 1);
    }

    void remove(Sequence sequence) {
        account(sequence, -1);
    }

    private void account(Sequence sequence, int sign) {
        int prompt = sequence.request.prompt().length - sequence.computed;
        if (prompt > 0) {
            promptTokensOf.merge(
                    sequence.request.tenant().name(),
                    (long) sign * prompt,
                    (before, change) -> before + change == 0 ? null : before + change);
        }
        int more = sequence.request.answer() - sequence.generated;
        int digits = Integer.SIZE - Integer.numberOfLeadingZeros(more);
        sequences[digits] += sign;
        left[digits] += (long) sign * more;
    }

    /** Tokens of prompts by tenant; who has none is left out. */
    Map<String, Long> promptTokensOf() {
        return promptTokensOf;
    }

    /** Tokens that they may still generate, if each generates so many at most; a little more where some of like size are cut. */
    double generatedTokens(double each) {
        double tokens = 0;
        for (int digits = 0; digits < left.length; digits++) {
            tokens += Math.min((double) left[digits], sequences[digits] * each);
        }
        return tokens;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ParkedWork work
                && promptTokensOf.equals(work.promptTokensOf)
                && Arrays.equals(sequences, work.sequences)
                && Arrays.equals(left, work.left);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(left);
    }

    @Override
    public String toString() {
        return promptTokensOf + " of prompts and " + Arrays.toString(left) + " of answers";
    }
}
