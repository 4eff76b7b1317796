package dev.tramontane.source;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** {@code eos_token_id}, as {@code config.json} and {@code generation_config.json} have it: an id, a list of ids, or nothing. */
final class EndIds {
    private static final String KEY = "eos_token_id";

    private EndIds() {}

    /**
     * Ids that end an answer. Of a list those are left out that the model cannot produce.
     *
     * @throws dev.tramontane.weights.ModelFileException when it names ids, and the model can produce none of them
     */
    static Set<Integer> of(JsonParameters file, int vocabulary) {
        Set<Integer> named = named(file);
        Set<Integer> eosIds = new LinkedHashSet<>(named);
        eosIds.removeIf(id -> id < 0 || id >= vocabulary);
        if (eosIds.isEmpty() && !named.isEmpty()) {
            throw file.fault(KEY, "the value " + named.iterator().next(), "ids below the vocabulary's " + vocabulary);
        }
        return eosIds;
    }

    /** What is left out of {@link #of}, a sentence each. */
    static List<String> warnings(JsonParameters file, int vocabulary) {
        return named(file).stream()
                .filter(id -> id < 0 || id >= vocabulary)
                .map(id -> file.file() + ": \"" + KEY + "\" names " + id + ", which is none of the " + vocabulary
                        + " ids of the model; the others end answers")
                .toList();
    }

    private static Set<Integer> named(JsonParameters file) {
        Set<Integer> named = new LinkedHashSet<>();
        if (file.isList(KEY)) {
            for (int id : file.integers(KEY)) {
                named.add(id);
            }
        } else {
            file.findInteger(KEY, Integer.MIN_VALUE, Integer.MAX_VALUE).ifPresent(named::add);
        }
        return named;
    }
}
