package dev.tramontane.kernels;

/**
 * Filters and penalties of a draw; meaning, order and limits are those of {@code tm_sample} in tramontane.h.
 *
 * @param temperature 0: the largest logit
 * @param topK 0: off
 * @param topP 1: off
 * @param minP 0: off
 * @param repetitionPenalty 1: off
 * @param presencePenalty 0: off
 * @param frequencyPenalty 0: off
 */
public record SampleFilters(
        float temperature,
        int topK,
        float topP,
        float minP,
        float repetitionPenalty,
        float presencePenalty,
        float frequencyPenalty) {

    /** The largest logit, as it is. */
    public static final SampleFilters GREEDY = new SampleFilters(0f, 0, 1f, 0f, 1f, 0f, 0f);
}
