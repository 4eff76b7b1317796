package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.model.Stretch;
import dev.tramontane.model.Stretch.Yarn;
import java.util.List;
import java.util.Optional;

/**
 * What {@code params.json} says of a stretched context, as vLLM reads it (transformers_utils/configs/mistral.py): the
 * objects {@code yarn} and {@code llama_4_scaling}.
 */
final class MistralStretch {
    private static final String CONTEXT = "original_max_position_embeddings";
    private static final YarnKeys YARN = new YarnKeys("factor", "beta", "alpha", CONTEXT);

    private MistralStretch() {}

    static Stretch of(JsonParameters params, double theta, int dimensions) {
        Stretch stretch = params.section("yarn")
                .map(section -> yarn(section, theta, dimensions))
                .orElse(Stretch.NONE);
        return params.section("llama_4_scaling")
                .map(section -> scaled(stretch, section))
                .orElse(stretch);
    }

    private static Stretch yarn(JsonParameters section, double theta, int dimensions) {
        refuseOthers(section, List.of(YARN.factor(), YARN.fast(), YARN.slow(), CONTEXT, "apply_scale"));
        int context = section.count(CONTEXT, 1, TransformerShape.MAX_CONTEXT);
        Yarn yarn = YARN.read(section, theta, dimensions, context, true);
        double magnitude = section.bool("apply_scale", true) ? Yarn.magnitude(yarn.factor(), 1) : 1;
        return new Stretch(Optional.of(yarn), magnitude, 0, 0);
    }

    private static Stretch scaled(Stretch stretch, JsonParameters section) {
        refuseOthers(section, List.of("beta", CONTEXT));
        int positions = section.count(CONTEXT, 1, TransformerShape.MAX_CONTEXT);
        return YarnKeys.scaled(stretch, section, "beta", section.real("beta"), positions);
    }

    private static void refuseOthers(JsonParameters section, List<String> known) {
        section.entries().keySet().stream()
                .filter(key -> !known.contains(key) && section.has(key))
                .findFirst()
                .ifPresent(key -> {
                    throw section.unsupported(
                            key,
                            quoted(section.spelled(key)) + " is not known, and may change what is computed",
                            "one of " + String.join(", ", known));
                });
    }
}
