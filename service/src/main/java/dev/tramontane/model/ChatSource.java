package dev.tramontane.model;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.tokenizer.Vocabulary;
import dev.tramontane.weights.GgufFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a file says of its chat layout.
 *
 * @param template the Jinja source; empty when the file has none
 * @param version of Mistral's layouts, where the tokenizer comes in a file of Mistral's own that tells it
 * @param specials spellings of special tokens by the names that templates use ("bos_token", "eos_token", ...)
 */
public record ChatSource(Optional<String> template, Optional<MistralVersion> version, Map<String, String> specials) {
    public ChatSource {
        specials = Map.copyOf(specials);
    }

    /** Reads {@code tokenizer.chat_template} and the special tokens of the vocabulary. */
    public static ChatSource of(GgufFile file, Vocabulary vocabulary) {
        Map<String, String> specials = new LinkedHashMap<>();
        vocabulary
                .bos()
                .ifPresent(id -> specials.put("bos_token", vocabulary.pieces().get(id)));
        vocabulary
                .unknown()
                .ifPresent(id -> specials.put("unk_token", vocabulary.pieces().get(id)));
        for (String name : new String[] {"eos", "padding"}) {
            OptionalLong id = file.metadata()
                    .findInteger(
                            "tokenizer.ggml." + name + "_token_id",
                            0,
                            vocabulary.pieces().size() - 1L);
            if (id.isPresent()) {
                specials.put(
                        name.equals("eos") ? "eos_token" : "pad_token",
                        vocabulary.pieces().get((int) id.getAsLong()));
            }
        }
        if (!specials.containsKey("eos_token") && !vocabulary.ends().isEmpty()) {
            int first = vocabulary.ends().stream().min(Integer::compare).orElseThrow();
            specials.put("eos_token", vocabulary.pieces().get(first));
        }
        return new ChatSource(file.metadata().findString("tokenizer.chat_template"), Optional.empty(), specials);
    }
}
