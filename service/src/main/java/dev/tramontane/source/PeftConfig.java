package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.ModelFileException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * PEFT's {@code adapter_config.json} of a LoRA adapter. What changes the result in a way that is not computed here is refused
 * by name; what only training or merging reads is passed over. Immutable.
 */
final class PeftConfig {
    static final String NAME = "adapter_config.json";
    static final int MOST_RANK = 512;

    private static final String ADVICE = "merge this adapter into its base with PEFT, and serve the result as a model";

    /** Read by training, by merging, or by people. */
    private static final Set<String> PASSED_OVER = Set.of(
            "auto_mapping",
            "ensure_weight_tying",
            "eva_config",
            "fan_in_fan_out", // Of transposed layers, which this family has not: PEFT passes over it for others, too.
            "inference_mode",
            "layers_pattern", // With layers_to_transform, which is refused.
            "loftq_config", // Used by init_lora_weights "loftq", which is refused.
            "lora_dropout",
            "megatron_core",
            "peft_version",
            "qalora_group_size", // With use_qalora, which is refused.
            "revision",
            "runtime_config",
            "task_type");

    private static final Set<String> READ = Set.of(
            "alpha_pattern",
            "base_model_name_or_path",
            "bias",
            "exclude_modules",
            "init_lora_weights",
            "lora_alpha",
            "peft_type",
            "r",
            "rank_pattern",
            "target_modules",
            "use_rslora");

    /** Ways of beginning that leave the base as it is. */
    private static final Set<String> KEEP_THE_BASE = Set.of("gaussian", "eva", "orthogonal");

    private final JsonParameters json;
    private final int rank;
    private final double alpha;
    private final boolean rankStabilised;
    private final PeftTargets targets;
    private final PeftTargets excluded;
    private final Map<PeftTargets, Integer> ranks = new LinkedHashMap<>();
    private final Map<PeftTargets, Double> alphas = new LinkedHashMap<>();

    /** @throws ModelFileException when it is no LoRA adapter, or one that is not computed here */
    PeftConfig(JsonParameters json) {
        this.json = json;
        String type = json.string("peft_type", "");
        if (!type.equals("LORA")) {
            throw refused(
                    type.isEmpty() ? "there is no \"peft_type\"" : "\"peft_type\" is " + quoted(type), "\"LORA\"");
        }
        String bias = json.string("bias", "none");
        if (!bias.equals("none")) {
            throw refused("\"bias\" is " + quoted(bias), "\"none\"");
        }
        checkBeginning();
        for (Map.Entry<String, @Nullable Object> entry : json.entries().entrySet()) {
            String key = entry.getKey();
            if (!PASSED_OVER.contains(key) && !READ.contains(key) && says(entry.getValue())) {
                throw refused(
                        quoted(key) + " is " + JsonParameters.shown(entry.getValue()) + ", which is not computed here",
                        "an adapter without it");
            }
        }
        rank = json.integer("r", 1, MOST_RANK);
        alpha = json.findReal("lora_alpha").orElse(8);
        requireFinite("lora_alpha", alpha);
        rankStabilised = json.bool("use_rslora", false);
        targets = targets("target_modules");
        excluded = json.has("exclude_modules") ? targets("exclude_modules") : PeftTargets.of(List.of());
        json.section("rank_pattern")
                .ifPresent(patterns -> patterns.entries()
                        .keySet()
                        .forEach(key -> ranks.put(key(key), patterns.integer(key, 1, MOST_RANK))));
        json.section("alpha_pattern")
                .ifPresent(patterns -> patterns.entries().keySet().forEach(key -> {
                    double value = patterns.real(key);
                    requireFinite("alpha_pattern", value);
                    alphas.put(key(key), value);
                }));
    }

    /** PiSSA and its like take away from the base what the adapter begins with. */
    private void checkBeginning() {
        Object beginning = json.find("init_lora_weights").orElse(true);
        if (!(beginning instanceof Boolean) && !KEEP_THE_BASE.contains(String.valueOf(beginning))) {
            throw refused(
                    "\"init_lora_weights\" is " + JsonParameters.shown(beginning) + ", which changes the base",
                    "true, false or one of " + KEEP_THE_BASE.stream().sorted().toList());
        }
    }

    private static boolean says(@Nullable Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    private PeftTargets targets(String key) {
        try {
            Object value = json.find(key).orElseThrow(() -> json.missing(key, "names of modules"));
            if (value instanceof String text) {
                return PeftTargets.of(text);
            }
            List<String> names = new ArrayList<>();
            for (Object name : json.list(key).orElseThrow()) {
                names.add(name instanceof String text ? text : "");
            }
            if (names.contains("")) {
                throw json.wrong(key, value, "a list of names");
            }
            return PeftTargets.of(names);
        } catch (IllegalArgumentException malformed) {
            throw malformed(key, malformed);
        }
    }

    private PeftTargets key(String key) {
        try {
            return PeftTargets.ofKey(key);
        } catch (IllegalArgumentException malformed) {
            throw malformed(key, malformed);
        }
    }

    private ModelFileException malformed(String key, IllegalArgumentException why) {
        return ModelFileException.in(json.file(), quoted(key) + " " + why.getMessage())
                .cause(why)
                .expected("names of modules, or a short expression")
                .advice(HyperParameters.OTHER_FILE);
    }

    private void requireFinite(String key, double value) {
        if (!Double.isFinite(value)) {
            throw refused(quoted(key) + " is " + value, "a finite number");
        }
    }

    private ModelFileException refused(String found, String expected) {
        return ModelFileException.in(json.file(), found).expected(expected).advice(ADVICE);
    }

    /** What it says of the model that it was made for: a name of the hub, or a path of whoever trained it. */
    Optional<String> base() {
        return json.find("base_model_name_or_path")
                .filter(String.class::isInstance)
                .map(String.class::cast);
    }

    /** Whether the adapter is for a module. */
    boolean adapts(String module) {
        try {
            return targets.match(module) && !excluded.match(module);
        } catch (IllegalArgumentException slow) {
            throw malformed("target_modules", slow);
        }
    }

    /** Of a module. */
    int rank(String module) {
        return first(ranks, module, "rank_pattern", rank);
    }

    /** What the product of a module's matrices is multiplied by. */
    float scale(String module) {
        double rankOf = rank(module);
        double value = first(alphas, module, "alpha_pattern", alpha);
        return (float) (value / (rankStabilised ? Math.sqrt(rankOf) : rankOf));
    }

    private <T> T first(Map<PeftTargets, T> patterns, String module, String key, T otherwise) {
        try {
            for (Map.Entry<PeftTargets, T> pattern : patterns.entrySet()) {
                if (pattern.getKey().match(module)) {
                    return pattern.getValue();
                }
            }
            return otherwise;
        } catch (IllegalArgumentException slow) {
            throw malformed(key, slow);
        }
    }
}
