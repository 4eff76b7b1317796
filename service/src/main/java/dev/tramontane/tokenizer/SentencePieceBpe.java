package dev.tramontane.tokenizer;

import java.util.Arrays;

/**
 * The merges of SentencePiece's BPE ({@code bpe_model.cc} of google/sentencepiece), which a vocabulary does not list: any
 * two neighbours merge whose characters spell a piece, that of the highest score first.
 */
final class SentencePieceBpe {
    private SentencePieceBpe() {}

    static CharacterBpe of(Vocabulary vocabulary, SpaceRule spaces) {
        CharacterSymbols symbols = CharacterSymbols.ofPieces(vocabulary, spaces);
        int[] ranks = ranksOf(vocabulary.scores());
        MergeTable merges = new MergeTable(4 * ranks.length);
        for (int id = 0; id < ranks.length; id++) {
            if (symbols.has(id)) {
                merges.putDivisions(symbols.table(), symbols.bytes(id), true, ranks[id], id);
            }
        }
        return CharacterBpe.ofSentencePiece(vocabulary, spaces, symbols, merges);
    }

    /** [vocab] order of the scores, the highest 0; equal scores have equal ranks. */
    private static int[] ranksOf(float[] scores) {
        float[] sorted = scores.clone();
        for (int i = 0; i < sorted.length; i++) {
            sorted[i] += 0.0f; // -0 equals 0.
        }
        Arrays.sort(sorted);
        int[] ranks = new int[scores.length];
        for (int id = 0; id < scores.length; id++) {
            int after = firstAbove(sorted, scores[id]);
            ranks[id] = sorted.length - after;
        }
        return ranks;
    }

    /** The first index of a sorted array whose value is above the score. */
    private static int firstAbove(float[] sorted, float score) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] > score) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
