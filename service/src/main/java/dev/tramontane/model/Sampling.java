package dev.tramontane.model;

import java.util.Map;

/**
 * How tokens are sampled; the meaning and order of the filters is that of {@code tm_sample} in tramontane.h. Validated by
 * the compact constructor ({@link IllegalArgumentException} naming the parameter).
 *
 * @param temperature 0 (greedy) or more
 * @param topK 0: off
 * @param topP (0, 1]; 1: off
 * @param minP [0, 1]; 0: off
 * @param repetitionPenalty above 0; 1: off; over prompt and generated tokens
 * @param presencePenalty [-2, 2]; over generated tokens
 * @param frequencyPenalty [-2, 2]; over generated tokens
 * @param bias additions to logits by token id, each in [-100, 100]
 * @param seed of the counter-based generator
 */
public record Sampling(
        float temperature,
        int topK,
        float topP,
        float minP,
        float repetitionPenalty,
        float presencePenalty,
        float frequencyPenalty,
        Map<Integer, Float> bias,
        long seed) {

    /** Greedy decoding. */
    public static final Sampling GREEDY = new Sampling(0f, 0, 1f, 0f, 1f, 0f, 0f, Map.of(), 0L);

    public Sampling {
        bias = Map.copyOf(bias);
        check(temperature >= 0 && Float.isFinite(temperature), "temperature must be 0 or more", temperature);
        check(topK >= 0, "top_k must be 0 or more", topK);
        check(topP > 0 && topP <= 1, "top_p must be above 0 and at most 1", topP);
        check(minP >= 0 && minP <= 1, "min_p must be between 0 and 1", minP);
        check(
                repetitionPenalty > 0 && Float.isFinite(repetitionPenalty),
                "repetition_penalty must be above 0",
                repetitionPenalty);
        check(Math.abs(presencePenalty) <= 2, "presence_penalty must be between -2 and 2", presencePenalty);
        check(Math.abs(frequencyPenalty) <= 2, "frequency_penalty must be between -2 and 2", frequencyPenalty);
        for (Map.Entry<Integer, Float> entry : bias.entrySet()) {
            check(Math.abs(entry.getValue()) <= 100, "logit_bias must be between -100 and 100", entry.getValue());
        }
    }

    /** Whether any penalty needs the sequence's token counts. */
    public boolean penalises() {
        return repetitionPenalty != 1f || presencePenalty != 0f || frequencyPenalty != 0f;
    }

    /** The same with another seed. */
    public Sampling withSeed(long other) {
        return new Sampling(
                temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, bias, other);
    }

    private static void check(boolean holds, String rule, Number given) {
        if (!holds) {
            throw new IllegalArgumentException(rule + ", got " + given);
        }
    }
}
