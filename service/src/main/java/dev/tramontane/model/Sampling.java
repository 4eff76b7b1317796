package dev.tramontane.model;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * How tokens are sampled: a value for every {@link SamplingParameter}, additions to logits, the ids allowed, and a seed. The one record of
 * it, from a request to the kernels. Immutable; every value is checked as it is set ({@link IllegalArgumentException}
 * naming the parameter).
 */
public final class Sampling {
    private static final float MAX_BIAS = 100;

    /** Every parameter as it changes nothing, no bias, seed 0. */
    public static final Sampling NEUTRAL = neutral();

    /** Greedy decoding. */
    public static final Sampling GREEDY = NEUTRAL.with(SamplingParameter.TEMPERATURE, 0);

    private final double[] values;
    private final Map<Integer, Float> bias;
    private final Set<Integer> allowed;
    private final long seed;

    private Sampling(double[] values, Map<Integer, Float> bias, Set<Integer> allowed, long seed) {
        this.values = values;
        this.bias = bias;
        this.allowed = allowed;
        this.seed = seed;
    }

    private static Sampling neutral() {
        double[] values = Arrays.stream(SamplingParameter.values())
                .mapToDouble(SamplingParameter::neutral)
                .toArray();
        return new Sampling(values, Map.of(), Set.of(), 0);
    }

    /** The same with another value of a parameter. */
    public Sampling with(SamplingParameter parameter, double value) {
        double[] changed = values.clone();
        changed[index(parameter)] = parameter.checked(value);
        return new Sampling(changed, bias, allowed, seed);
    }

    /**
     * The same with other additions to logits.
     *
     * @param other by token id, each in [-100, 100]
     */
    public Sampling withBias(Map<Integer, Float> other) {
        for (float addition : other.values()) {
            if (!(Math.abs(addition) <= MAX_BIAS)) {
                throw new IllegalArgumentException("logit_bias must be between -100 and 100, got " + addition);
            }
        }
        return new Sampling(values, Map.copyOf(other), allowed, seed);
    }

    /** The same with only these ids to be drawn; empty for all. */
    public Sampling withAllowed(Set<Integer> ids) {
        return new Sampling(values, bias, Set.copyOf(ids), seed);
    }

    /** The same with another seed of the counter-based generator. */
    public Sampling withSeed(long other) {
        return new Sampling(values, bias, allowed, other);
    }

    /** The value of a parameter, exact in 32 bits. */
    public double value(SamplingParameter parameter) {
        return values[index(parameter)];
    }

    /** Additions to logits by token id. */
    public Map<Integer, Float> bias() {
        return bias;
    }

    /** The only ids that may be drawn; empty for all. */
    public Set<Integer> allowed() {
        return allowed;
    }

    /** Token ids that are named, by the field of a request that names them: whether there are such depends on the model. */
    public Map<String, Set<Integer>> ids() {
        return Map.of("logit_bias", bias.keySet(), "allowed_token_ids", allowed);
    }

    public long seed() {
        return seed;
    }

    /** Whether a parameter has a value that changes something. */
    public boolean has(SamplingParameter parameter) {
        return value(parameter) != parameter.neutral();
    }

    /** Whether any penalty needs the sequence's token counts. */
    public boolean penalises() {
        return has(SamplingParameter.REPETITION_PENALTY)
                || has(SamplingParameter.PRESENCE_PENALTY)
                || has(SamplingParameter.FREQUENCY_PENALTY);
    }

    /** Nothing that outlives the process knows the order. */
    @SuppressWarnings("EnumOrdinal")
    private static int index(SamplingParameter parameter) {
        return parameter.ordinal();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Sampling that
                && Arrays.equals(values, that.values)
                && bias.equals(that.bias)
                && allowed.equals(that.allowed)
                && seed == that.seed;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(values) + Objects.hash(bias, allowed, seed);
    }

    /** What is not neutral, for logs and tests. */
    @Override
    public String toString() {
        Map<String, Object> shown = new TreeMap<>();
        for (SamplingParameter parameter : SamplingParameter.values()) {
            if (has(parameter)) {
                shown.put(parameter.wireName(), value(parameter));
            }
        }
        if (!bias.isEmpty()) {
            shown.put("logit_bias", bias);
        }
        if (!allowed.isEmpty()) {
            shown.put("allowed_token_ids", allowed);
        }
        shown.put("seed", seed);
        return "Sampling" + shown;
    }
}
