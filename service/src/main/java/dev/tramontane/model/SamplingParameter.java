package dev.tramontane.model;

import java.util.Locale;

/**
 * The numbers that shape how a token is drawn, once: their names (which are the protocols', the flags' and those of
 * {@code tm_sample} in tramontane.h, where their arithmetic and order are said), their ranges, what is neutral, and what
 * people are told. A new one needs its line here and its arithmetic there, nothing between.
 */
public enum SamplingParameter {
    TEMPERATURE("temperature", 1, range(0, 10), true, "0 always takes the likeliest token; higher is livelier.", "0"),

    /** vLLM switches it off by -1, others by 0. */
    TOP_K(
            "top_k",
            0,
            new Range(-1, Integer.MAX_VALUE, 0, true),
            true,
            "Draw from this many of the likeliest tokens only; 0 for all.",
            "40"),

    /** 0 keeps the likeliest token, as the smallest number above it does. */
    TOP_P(
            "top_p",
            1,
            new Range(0, 1, Float.MIN_NORMAL, false),
            true,
            "Draw from the likeliest tokens that together reach this probability.",
            "0.9"),

    MIN_P("min_p", 0, range(0, 1), true, "Leave out tokens less likely than this times the likeliest.", "0.05"),

    REPETITION_PENALTY(
            "repetition_penalty",
            1,
            range(0.01, 10),
            true,
            "Above 1 makes tokens less likely that were there before, in the prompt too.",
            "1.1"),

    PRESENCE_PENALTY(
            "presence_penalty",
            0,
            range(-2, 2),
            false,
            "Above 0 makes tokens less likely that the answer has already.",
            "0.5"),

    FREQUENCY_PENALTY(
            "frequency_penalty",
            0,
            range(-2, 2),
            false,
            "Above 0 makes tokens less likely the more often the answer has them.",
            "0.5");

    /** @param least what smaller numbers of the range count as */
    private record Range(double from, double to, double least, boolean whole) {}

    private final String wireName;
    private final double neutral;
    private final double min;
    private final double max;
    private final double least;
    private final boolean whole;
    private final boolean suggested;
    private final String meaning;
    private final String example;

    SamplingParameter(String wireName, double neutral, Range range, boolean suggested, String meaning, String example) {
        this.wireName = wireName;
        this.neutral = neutral;
        min = range.from;
        max = range.to;
        least = range.least;
        whole = range.whole;
        this.suggested = suggested;
        this.meaning = meaning;
        this.example = example;
    }

    private static Range range(double from, double to) {
        return new Range(from, to, from, false);
    }

    /** Its name in requests, in {@code generation_config.json} and in {@code tm_sample}. */
    public String wireName() {
        return wireName;
    }

    /** Its name on the command line. */
    public String flag() {
        return "--" + wireName.replace('_', '-');
    }

    /** The value that changes nothing: that of requests which don't say. */
    public double neutral() {
        return neutral;
    }

    /** The smallest value that is taken. */
    public double min() {
        return min;
    }

    /** The largest value that is taken. */
    public double max() {
        return max;
    }

    /** Whether it has to be a whole number. */
    public boolean whole() {
        return whole;
    }

    /** Whether makers of models suggest it, in {@code generation_config.json}. */
    public boolean suggested() {
        return suggested;
    }

    /** A sentence for people. */
    public String meaning() {
        return meaning;
    }

    /** A value that makes sense. */
    public String example() {
        return example;
    }

    /** {@code must be between 0 and 10}, and the like. */
    public String rule() {
        String kind = whole ? "a whole number " : "";
        return "must be " + kind + "between " + plain(min) + " and " + plain(max);
    }

    /**
     * The value as kernels compute with it: a 32-bit number.
     *
     * @throws IllegalArgumentException naming the parameter, when it is out of range
     */
    double checked(double value) {
        if (!(value >= min && value <= max) || (whole && value != Math.rint(value))) {
            String given = whole || value == Math.rint(value) ? plain(value) : Double.toString(value);
            throw new IllegalArgumentException(wireName + " " + rule() + ", got " + given);
        }
        double meant = Math.max(value, least);
        return whole ? meant : (float) meant;
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.format(Locale.ROOT, "%.0f", value)
                : Double.toString(value);
    }
}
