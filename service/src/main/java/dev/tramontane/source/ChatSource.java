package dev.tramontane.source;

import dev.tramontane.chat.MistralSettings;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.tokenizer.Vocabulary;
import dev.tramontane.weights.GgufFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a file says of its chat layout.
 *
 * @param template the Jinja source; empty when the file has none
 * @param version of Mistral's layouts, where the tokenizer comes in a file of Mistral's own that tells it
 * @param settings of a model of Mistral's version 15, where that file describes them
 * @param systemPrompt that stands beside the model's files, as they were published
 * @param specials spellings of special tokens by the names that templates use ("bos_token", "eos_token", ...)
 */
public record ChatSource(
        Optional<String> template,
        Optional<MistralVersion> version,
        Optional<MistralSettings> settings,
        Optional<String> systemPrompt,
        Map<String, String> specials) {
    public ChatSource {
        specials = Map.copyOf(specials);
    }

    /** Of a model without settings and without a system prompt. */
    public ChatSource(Optional<String> template, Optional<MistralVersion> version, Map<String, String> specials) {
        this(template, version, Optional.empty(), Optional.empty(), specials);
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
        GgufTokenIds ids = new GgufTokenIds(file.metadata(), vocabulary.pieces().size());
        ids.find("eos")
                .ifPresent(id -> specials.put("eos_token", vocabulary.pieces().get(id)));
        ids.find("padding")
                .ifPresent(id -> specials.put("pad_token", vocabulary.pieces().get(id)));
        if (!specials.containsKey("eos_token") && !vocabulary.eosIds().isEmpty()) {
            int first = vocabulary.eosIds().stream().min(Integer::compare).orElseThrow();
            specials.put("eos_token", vocabulary.pieces().get(first));
        }
        return new ChatSource(file.metadata().findString("tokenizer.chat_template"), Optional.empty(), specials);
    }
}
