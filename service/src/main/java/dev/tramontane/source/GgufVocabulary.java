package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.tokenizer.Vocabulary;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufMetadata;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A tokenizer's vocabulary from a GGUF file's metadata ({@code tokenizer.ggml.*}, ggml's {@code docs/gguf.md}). Defaults
 * for absent keys are llama.cpp's (src/llama-vocab.cpp).
 */
public final class GgufVocabulary {
    private static final String KEYS = "tokenizer.ggml.";
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;

    /** Pre-tokenizers whose models begin every prompt with bos unless the file says otherwise. */
    private static final Set<String> BOS_BY_PRE_TOKENIZER = Set.of(
            "llama3",
            "llama-v3",
            "llama-bpe",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2",
            "jina-v5-nano",
            "tekken");

    /** Control tokens that end an answer by their spelling, where the file names only one end token. */
    private static final Set<String> END_PIECES = Set.of(
            "<|eot_id|>",
            "<|im_end|>",
            "<|end|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "<|end_of_text|>",
            "<|eom_id|>",
            "<EOT>",
            "_<EOT>",
            "[EOT]",
            "<end_of_utterance>");

    private GgufVocabulary() {}

    /**
     * Reads the vocabulary, which may have more or fewer tokens than the embedding has rows. Its lists are views of the
     * file.
     *
     * @throws dev.tramontane.weights.ModelFileException naming the key at fault
     */
    public static Vocabulary of(GgufFile file) {
        GgufMetadata metadata = file.metadata();
        String model = metadata.string(KEYS + "model");
        Vocabulary.Kind kind = switch (model) {
            case "gpt2" -> Vocabulary.Kind.BYTE_LEVEL_BPE;
            case "llama" -> Vocabulary.Kind.SENTENCEPIECE_BPE;
            default ->
                throw metadata.fault(
                        KEYS + "model",
                        "the tokenizer " + quoted(model) + " is not known",
                        "\"gpt2\" (byte-level BPE) or \"llama\" (SentencePiece BPE)",
                        "take a model with one of them");
        };
        boolean sentencePiece = kind == Vocabulary.Kind.SENTENCEPIECE_BPE;
        List<String> pieces = metadata.strings(KEYS + "tokens");
        String preTokenizer =
                sentencePiece ? "" : metadata.findString(KEYS + "pre").orElse("");
        int[] types = types(metadata, pieces.size());
        GgufTokenIds ids = new GgufTokenIds(metadata, pieces.size());
        boolean addBos =
                metadata.bool(KEYS + "add_bos_token", sentencePiece || BOS_BY_PRE_TOKENIZER.contains(preTokenizer));
        if (addBos) {
            ids.require("bos"); // every prompt begins with it: a guess would change all answers
        }
        return new Vocabulary(
                kind,
                preTokenizer,
                pieces,
                sentencePiece ? metadata.floats(KEYS + "scores") : new float[0],
                types,
                sentencePiece ? List.of() : metadata.strings(KEYS + "merges"),
                ids.find("bos", sentencePiece ? OptionalInt.of(1) : OptionalInt.empty()),
                ids.find("unknown", sentencePiece ? OptionalInt.of(0) : OptionalInt.empty()),
                eosIds(ids, sentencePiece, pieces, types),
                addBos,
                metadata.bool(KEYS + "add_space_prefix", sentencePiece));
    }

    private static int[] types(GgufMetadata metadata, int size) {
        if (!metadata.has(KEYS + "token_type")) {
            int[] normal = new int[size];
            Arrays.fill(normal, 1);
            return normal;
        }
        int[] types = metadata.ints(KEYS + "token_type");
        if (types.length != size) {
            throw metadata.fault(
                    KEYS + "token_type",
                    types.length + " token types for " + size + " tokens",
                    "as many",
                    HyperParameters.OTHER_FILE);
        }
        return types;
    }

    /** Ends by id, and by spelling among tokens that text can't produce. The latter become control tokens. */
    private static Set<Integer> eosIds(GgufTokenIds ids, boolean sentencePiece, List<String> pieces, int[] types) {
        Set<Integer> eosIds = new LinkedHashSet<>();
        boolean guessed = sentencePiece && !ids.isUnusable("eos");
        ids.find("eos", guessed ? OptionalInt.of(2) : OptionalInt.empty()).ifPresent(eosIds::add);
        ids.find("eot").ifPresent(eosIds::add);
        ids.find("eom").ifPresent(eosIds::add);
        for (int id = 0; id < pieces.size(); id++) {
            boolean special = types[id] == CONTROL || types[id] == USER_DEFINED;
            if (special && END_PIECES.contains(pieces.get(id))) {
                types[id] = CONTROL;
                eosIds.add(id);
            }
        }
        if (eosIds.isEmpty()) {
            ids.require("eos"); // no answer would end
        }
        return eosIds;
    }
}
