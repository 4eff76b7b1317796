package dev.tramontane.tokenizer;

import dev.tramontane.fixtures.Oracle;
import dev.tramontane.tokenizer.Vocabulary.Kind;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.GgufMetadata;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Vocabularies for tests: small ones, and those of files, read in the shortest way that works on good files. */
public final class Vocabularies {

    /** Control tokens of {@link #bytes}: ids 256 and up. */
    static final List<String> CONTROLS = List.of("<|im_start|>", "<|im_end|>", "<|im|>", "[INST]", "<s>", "</s>");

    private Vocabularies() {}

    /** All 256 bytes, some control tokens, and what the given merges make. */
    static Vocabulary bytes(String preTokenizer, String... merges) {
        return bytes(preTokenizer, CONTROLS, merges);
    }

    /** All 256 bytes, the given control tokens, and what the given merges make. */
    public static Vocabulary bytes(String preTokenizer, List<String> controls, String... merges) {
        List<String> pieces = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            pieces.add(letter(b));
        }
        pieces.addAll(controls);
        for (String merge : merges) {
            pieces.add(merge.replace(" ", ""));
        }
        int[] types = new int[pieces.size()];
        for (int id = 0; id < types.length; id++) {
            types[id] = controls.contains(pieces.get(id)) ? TokenType.CONTROL : TokenType.NORMAL;
        }
        return new Vocabulary(
                Kind.BYTE_LEVEL_BPE,
                preTokenizer,
                pieces,
                new float[0],
                types,
                List.of(merges),
                OptionalInt.of(256),
                OptionalInt.empty(),
                Set.of(257),
                false,
                false);
    }

    /** A byte in the alphabet of byte-level vocabularies. */
    static String letter(int value) {
        for (char c = 0; c < 0x150; c++) {
            if (ByteAlphabet.byteOf(c) == value) {
                return String.valueOf(c);
            }
        }
        throw new IllegalArgumentException("no byte: " + value);
    }

    /** The SentencePiece vocabulary of 600 pieces in the oracle's fixture. */
    static Vocabulary smallSentencePiece(boolean addSpacePrefix) {
        JsonNode small = Oracle.read("spm-tokenizer").get("small");
        List<String> pieces =
                Oracle.stream(small.get("pieces")).map(JsonNode::asString).toList();
        float[] scores = new float[pieces.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) small.get("scores").get(i).asDouble();
        }
        return sentencePiece(pieces, scores, Oracle.ints(small.get("types")), addSpacePrefix);
    }

    static Vocabulary sentencePiece(List<String> pieces, float[] scores, int[] types, boolean addSpacePrefix) {
        return new Vocabulary(
                Kind.SENTENCEPIECE_BPE,
                "",
                pieces,
                scores,
                types,
                List.of(),
                OptionalInt.of(1),
                OptionalInt.of(0),
                Set.of(2),
                true,
                addSpacePrefix);
    }

    /** The byte-level vocabulary of a GGUF file. */
    static Vocabulary gguf(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            GgufMetadata keys = file.metadata();
            int[] types = keys.ints("tokenizer.ggml.token_type");
            int bos = (int) keys.integer("tokenizer.ggml.bos_token_id", 0, types.length);
            int eos = (int) keys.integer("tokenizer.ggml.eos_token_id", 0, types.length);
            return new Vocabulary(
                    Kind.BYTE_LEVEL_BPE,
                    keys.string("tokenizer.ggml.pre"),
                    List.copyOf(keys.strings("tokenizer.ggml.tokens")),
                    new float[0],
                    types,
                    List.copyOf(keys.strings("tokenizer.ggml.merges")),
                    OptionalInt.of(bos),
                    OptionalInt.empty(),
                    Set.of(eos),
                    false,
                    false);
        }
    }
}
