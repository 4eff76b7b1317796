package dev.tramontane.model;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How answers are sampled of which a request says nothing: what a model's makers suggest, where the operator wants that.
 *
 * @param sampling what a request's own fields are laid over
 * @param maxTokens tokens that an answer may have at most, whatever is asked for; 0 for no such limit
 */
public record SamplingDefaults(Sampling sampling, int maxTokens) {

    /** Nothing but temperature 1. */
    public static final SamplingDefaults NEUTRAL = new SamplingDefaults(Sampling.NEUTRAL, 0);

    /** What is not neutral, by the names of requests' fields, as a decimal number. */
    public Map<String, String> told() {
        Map<String, String> told = new LinkedHashMap<>();
        for (SamplingParameter parameter : SamplingParameter.values()) {
            if (sampling.has(parameter)) {
                told.put(parameter.wireName(), shown(sampling.value(parameter)));
            }
        }
        if (maxTokens > 0) {
            told.put("max_tokens", Integer.toString(maxTokens));
        }
        return told;
    }

    /** The same for people: "temperature 0.7, top_p 0.9"; "temperature 1" where all is neutral. */
    @Override
    public String toString() {
        String told = told().entrySet().stream()
                .map(each -> each.getKey() + " " + each.getValue())
                .collect(Collectors.joining(", "));
        return told.isEmpty() ? "temperature 1" : told;
    }

    /** As it was written, not as the nearest double of the 32-bit number that it became. */
    private static String shown(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : Float.toString((float) value);
    }
}
