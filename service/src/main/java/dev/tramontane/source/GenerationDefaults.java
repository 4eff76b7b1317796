package dev.tramontane.source;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What transformers' {@code generation_config.json} says of generating.
 *
 * @param eosIds ids that end an answer
 */
record GenerationDefaults(Set<Integer> eosIds) {
    private static final String ENDS = "eos_token_id";
    static final GenerationDefaults NONE = new GenerationDefaults(Set.of());

    GenerationDefaults {
        eosIds = Set.copyOf(eosIds);
    }

    /** @throws dev.tramontane.weights.ModelFileException as {@link #eosIds} */
    static GenerationDefaults of(JsonParameters file, int vocabulary) {
        return new GenerationDefaults(eosIds(file, vocabulary));
    }

    /**
     * {@code eos_token_id}: an id, a list of ids, or nothing. Of a list those are left out that the model cannot produce.
     *
     * @throws dev.tramontane.weights.ModelFileException when it names ids, and the model can produce none of them
     */
    static Set<Integer> eosIds(JsonParameters file, int vocabulary) {
        Set<Integer> named = named(file);
        Set<Integer> eosIds = new LinkedHashSet<>(named);
        eosIds.removeIf(id -> id < 0 || id >= vocabulary);
        if (eosIds.isEmpty() && !named.isEmpty()) {
            throw file.fault(ENDS, "the value " + named.iterator().next(), "ids below the vocabulary's " + vocabulary);
        }
        return eosIds;
    }

    /** What is left out of {@link #eosIds}, a sentence each. */
    static List<String> warnings(JsonParameters file, int vocabulary) {
        return named(file).stream()
                .filter(id -> id < 0 || id >= vocabulary)
                .map(id -> file.file() + ": \"" + ENDS + "\" names " + id + ", which is none of the " + vocabulary
                        + " ids of the model; the others end answers")
                .toList();
    }

    private static Set<Integer> named(JsonParameters file) {
        Set<Integer> named = new LinkedHashSet<>();
        if (file.isList(ENDS)) {
            for (int id : file.integers(ENDS)) {
                named.add(id);
            }
        } else {
            file.findInteger(ENDS, Integer.MIN_VALUE, Integer.MAX_VALUE).ifPresent(named::add);
        }
        return named;
    }
}
