package dev.tramontane.model;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What transformers' {@code generation_config.json} says of generating.
 *
 * @param ends ids that end an answer
 * @param sampling what the makers suggest for sampling, for people; requests decide
 */
record GenerationDefaults(Set<Integer> ends, List<String> sampling) {
    static final GenerationDefaults NONE = new GenerationDefaults(Set.of(), List.of());

    GenerationDefaults {
        ends = Set.copyOf(ends);
        sampling = List.copyOf(sampling);
    }

    static GenerationDefaults of(JsonParameters file, int vocabulary) {
        List<String> sampling = new ArrayList<>();
        for (String key : List.of("temperature", "top_p", "top_k", "min_p", "repetition_penalty")) {
            OptionalDouble value = file.findReal(key);
            if (value.isPresent()) {
                sampling.add(key + " " + JsonParameters.shown(file.find(key).orElseThrow()));
            }
        }
        return new GenerationDefaults(ends(file, vocabulary), sampling);
    }

    /** {@code eos_token_id}: an id, a list of ids, or nothing. */
    static Set<Integer> ends(JsonParameters file, int vocabulary) {
        String key = "eos_token_id";
        Set<Integer> ends = new LinkedHashSet<>();
        if (file.isList(key)) {
            for (int id : file.integers(key)) {
                ends.add(id);
            }
        } else {
            file.findInteger(key, Integer.MIN_VALUE, Integer.MAX_VALUE).ifPresent(ends::add);
        }
        for (int id : ends) {
            if (id < 0 || id >= vocabulary) {
                throw file.fault(key, "the value " + id, "ids below the vocabulary's " + vocabulary);
            }
        }
        return ends;
    }
}
