package dev.tramontane.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A vocabulary's list of merges, "left right" in the order of their ranks, checked against its pieces. */
final class MergeList {
    private final Vocabulary vocabulary;
    private final Map<String, Integer> ids;
    /** [vocab] the first merge that makes each piece; the number of merges where none does. */
    private final int[] firstRanks;

    private MergeList(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        List<String> pieces = vocabulary.pieces();
        ids = HashMap.newHashMap(pieces.size());
        for (int id = 0; id < pieces.size(); id++) {
            ids.put(pieces.get(id), id);
        }
        firstRanks = new int[pieces.size()];
        Arrays.fill(firstRanks, vocabulary.merges().size());
    }

    /** @throws VocabularyException naming the merge at fault */
    static MergeTable read(Vocabulary vocabulary) {
        return new MergeList(vocabulary).table();
    }

    /**
     * SentencePiece's scores that merge in the same order: the earlier a merge makes a piece, the higher. They give the
     * same ids where the list has every way to make a piece, as the lists that were made of SentencePiece models have.
     *
     * @return [vocab]
     * @throws VocabularyException naming the merge at fault
     */
    static float[] scores(Vocabulary vocabulary) {
        MergeList list = new MergeList(vocabulary);
        list.table();
        float[] scores = new float[list.firstRanks.length];
        for (int id = 0; id < scores.length; id++) {
            scores[id] = -list.firstRanks[id];
        }
        return scores;
    }

    private MergeTable table() {
        List<String> merges = vocabulary.merges();
        MergeTable table = new MergeTable(merges.size());
        for (int rank = 0; rank < merges.size(); rank++) {
            String merge = merges.get(rank);
            int space = merge.indexOf(' ');
            if (space <= 0 || space == merge.length() - 1 || merge.indexOf(' ', space + 1) >= 0) {
                throw new VocabularyException(
                        "Merge " + rank + " is " + Quoted.of(merge) + " and not two pieces with a space between them.");
            }
            int left = id(merge.substring(0, space), rank);
            int right = id(merge.substring(space + 1), rank);
            int merged = id(merge.substring(0, space) + merge.substring(space + 1), rank);
            if (SpecialTokens.isControl(vocabulary.types()[merged])) {
                throw new VocabularyException("Merge " + rank + " makes the control token "
                        + Quoted.of(vocabulary.pieces().get(merged)) + ": text could become a control token.");
            }
            firstRanks[merged] = Math.min(firstRanks[merged], rank);
            if (!table.put(left, right, rank, merged)) {
                throw new VocabularyException("Merge " + rank + " (" + Quoted.of(merge) + ") is there twice.");
            }
        }
        return table;
    }

    private int id(String piece, int rank) {
        Integer id = ids.get(piece);
        if (id == null) {
            throw new VocabularyException(
                    "Merge " + rank + " needs the piece " + Quoted.of(piece) + ", which is not in the vocabulary.");
        }
        return id;
    }
}
