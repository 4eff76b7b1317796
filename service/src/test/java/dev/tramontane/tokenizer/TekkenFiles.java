package dev.tramontane.tokenizer;

import dev.tramontane.fixtures.Oracle;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Small files of Mistral's tekken for tests. */
final class TekkenFiles {
    static final List<String> WORDS =
            List.of("ab", "abab", " a", "the", " the", "\u00e9", "\u4e2d", "\u2581", "12", "aa", "aaaa", "\n\n");

    private TekkenFiles() {}

    /** 256 bytes and {@link #WORDS}, of which all but the last count, behind 22 special tokens; of version v3. */
    static ObjectNode json() {
        ObjectNode file = ((ObjectNode) Oracle.parse("{\"config\": {}, \"vocab\": []}"));
        ((ObjectNode) file.get("config"))
                .put(
                        "pattern",
                        HuggingFaceFiles.variant("tekken")
                                .at("/parts/pre_tokenizer/pretokenizers/0/pattern/Regex")
                                .asString())
                .put("default_vocab_size", 22 + 256 + WORDS.size() - 1)
                .put("default_num_special_tokens", 22)
                .put("version", "v3");
        for (int b = 0; b < 256; b++) {
            add(file, new byte[] {(byte) b});
        }
        WORDS.forEach(word -> add(file, word.getBytes(StandardCharsets.UTF_8)));
        return file;
    }

    private static void add(ObjectNode file, byte[] token) {
        ArrayNode vocab = (ArrayNode) file.get("vocab");
        vocab.addObject()
                .put("rank", vocab.size() - 1)
                .put("token_bytes", Base64.getEncoder().encodeToString(token))
                .putNull("token_str");
    }

    static Tokenizer tokenizer() {
        return tokenizer(json().toString());
    }

    static Tokenizer tokenizer(String json) {
        return Tokenizers.ofTekken(HuggingFaceFiles.bytes(json));
    }
}
