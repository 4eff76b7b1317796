package dev.tramontane.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a model file says of its tokenizer, free of any file format. Validated by {@link Tokenizers#of}.
 *
 * @param kind byte-level BPE ("gpt2" in GGUF) or SentencePiece BPE ("llama" in GGUF)
 * @param preTokenizer the splitting rule of byte-level BPE by its GGUF name ("smollm", "llama-bpe", "tekken", ...);
 *     empty for SentencePiece
 * @param pieces [vocab] spelling of each token as in the file
 * @param scores [vocab] SentencePiece scores; empty for byte-level BPE
 * @param types [vocab] GGUF token types: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte
 * @param merges byte-level BPE merges in rank order, "left right"; where it lists none, two pieces merge that together
 *     spell one, the lowest id first; empty for SentencePiece
 * @param eosIds ids that end an answer
 * @param addSpacePrefix SentencePiece: whether a space is put before the text
 */
public record Vocabulary(
        Kind kind,
        String preTokenizer,
        List<String> pieces,
        float[] scores,
        int[] types,
        List<String> merges,
        OptionalInt bos,
        OptionalInt unknown,
        Set<Integer> eosIds,
        boolean addBos,
        boolean addSpacePrefix) {

    /** The two families of vocabularies. */
    public enum Kind {
        BYTE_LEVEL_BPE,
        SENTENCEPIECE_BPE
    }

    /** The same without the tokens from {@code count} on. */
    public Vocabulary first(int count) {
        if (count >= pieces.size()) {
            return this;
        }
        return new Vocabulary(
                kind,
                preTokenizer,
                pieces.subList(0, count),
                scores.length == 0 ? scores : Arrays.copyOf(scores, count),
                Arrays.copyOf(types, count),
                merges,
                below(count, bos),
                below(count, unknown),
                eosIds.stream().filter(id -> id < count).collect(Collectors.toUnmodifiableSet()),
                addBos,
                addSpacePrefix);
    }

    private static OptionalInt below(int count, OptionalInt id) {
        return id.isPresent() && id.getAsInt() < count ? id : OptionalInt.empty();
    }

    /** The same with these scores in place of the merges. */
    Vocabulary withScores(float[] others) {
        return new Vocabulary(
                kind, preTokenizer, pieces, others, types, List.of(), bos, unknown, eosIds, addBos, addSpacePrefix);
    }
}
