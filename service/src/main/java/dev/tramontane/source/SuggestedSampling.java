package dev.tramontane.source;

import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.model.SamplingParameter;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The sampling that {@code generation_config.json} suggests: the keys that vLLM reads, and no others ({@code do_sample} is
 * of transformers' own kinds of search).
 *
 * @param defaults without values that no request may have
 * @param warnings a sentence for each of those
 */
record SuggestedSampling(SamplingDefaults defaults, List<String> warnings) {
    static final SuggestedSampling NONE = new SuggestedSampling(SamplingDefaults.NEUTRAL, List.of());

    private static final String MOST_TOKENS = "max_new_tokens";

    SuggestedSampling {
        warnings = List.copyOf(warnings);
    }

    /** @throws dev.tramontane.weights.ModelFileException when a value is no number */
    static SuggestedSampling of(JsonParameters file) {
        List<String> warnings = new ArrayList<>();
        Sampling sampling = Sampling.NEUTRAL;
        for (SamplingParameter parameter : SamplingParameter.values()) {
            OptionalDouble value = parameter.suggested() ? file.findReal(parameter.wireName()) : OptionalDouble.empty();
            if (value.isEmpty()) {
                continue;
            }
            double number = value.getAsDouble();
            if (isOf(number, parameter.min(), parameter.max(), parameter.whole())) {
                sampling = sampling.with(parameter, number);
            } else {
                warnings.add(leftAside(file, parameter.wireName()));
            }
        }
        int most = 0;
        OptionalDouble given = file.findReal(MOST_TOKENS);
        if (given.isPresent()) {
            if (isOf(given.getAsDouble(), 1, Integer.MAX_VALUE, true)) {
                most = (int) given.getAsDouble();
            } else {
                warnings.add(leftAside(file, MOST_TOKENS));
            }
        }
        return new SuggestedSampling(new SamplingDefaults(sampling, most), warnings);
    }

    private static boolean isOf(double value, double least, double most, boolean whole) {
        return value >= least && value <= most && (!whole || value == Math.rint(value));
    }

    private static String leftAside(JsonParameters file, String key) {
        return file.file() + ": \"" + key + "\" is "
                + JsonParameters.shown(file.find(key).orElseThrow())
                + ", which no request may have; it is left aside";
    }
}
