package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.GgufMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The ids of special tokens in a GGUF file's metadata. Many files have some that are no ids (converters write -1 as
 * 0xFFFFFFFF, or carry along an id of tokens that were left out), so only those are insisted on without which the model
 * would be another one.
 */
final class GgufTokenIds {
    /** All that are read. */
    private static final List<String> NAMES = List.of("bos", "eos", "eot", "eom", "unknown", "padding");

    private final GgufMetadata metadata;
    private final int size;

    /** @param size tokens of the vocabulary */
    GgufTokenIds(GgufMetadata metadata, int size) {
        this.metadata = metadata;
        this.size = size;
    }

    private static String key(String name) {
        return "tokenizer.ggml." + name + "_token_id";
    }

    /** The id called so, where there is one that can be used. */
    OptionalInt find(String name) {
        OptionalLong found = metadata.usableInteger(key(name), 0, size - 1L);
        return found.isPresent() ? OptionalInt.of((int) found.getAsLong()) : OptionalInt.empty();
    }

    /** The same, or {@code absent} where the vocabulary has that id. */
    OptionalInt find(String name, OptionalInt absent) {
        OptionalInt found = find(name);
        return found.isPresent() || absent.isEmpty() || absent.getAsInt() >= size ? found : absent;
    }

    /**
     * Fails when there is an id called so that cannot be used.
     *
     * @throws dev.tramontane.weights.ModelFileException naming the key
     */
    void require(String name) {
        metadata.findInteger(key(name), 0, size - 1L);
    }

    /** Whether there is an id called so that cannot be used. */
    boolean isUnusable(String name) {
        return metadata.has(key(name)) && find(name).isEmpty();
    }

    /** What is left aside, a sentence each. */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        for (String name : NAMES) {
            if (isUnusable(name)) {
                warnings.add(quoted(key(name)) + " is " + metadata.describe(key(name)) + ", which is none of the "
                        + size + " tokens; the model runs without it");
            }
        }
        return warnings;
    }
}
