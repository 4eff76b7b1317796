package dev.tramontane.convert;

import dev.tramontane.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The merges of a byte-level vocabulary that lists none, because it merges whatever two tokens make a third, the lowest
 * first (tiktoken's rule, that of tekken.json): every pair of tokens that makes a token, in the order of the tokens they
 * make. llama.cpp's converter writes the same list.
 */
final class RankMerges {
    /** The type of tokens that text is made of. */
    private static final int NORMAL = 1;

    private record Pair(int left, int right) {}

    private RankMerges() {}

    /** "left right" by the rank of what they make, then of the left one. */
    static List<String> of(Vocabulary vocabulary) {
        List<String> pieces = vocabulary.pieces();
        Map<String, Integer> ids = HashMap.newHashMap(pieces.size());
        for (int id = 0; id < pieces.size(); id++) {
            if (vocabulary.types()[id] == NORMAL) {
                ids.put(pieces.get(id), id);
            }
        }
        List<String> merges = new ArrayList<>();
        List<Pair> pairs = new ArrayList<>();
        for (int id = 0; id < pieces.size(); id++) {
            String piece = pieces.get(id);
            if (vocabulary.types()[id] != NORMAL) {
                continue;
            }
            pairs.clear();
            for (int cut = 1; cut < piece.length(); cut++) {
                Integer left = ids.get(piece.substring(0, cut));
                Integer right = left == null ? null : ids.get(piece.substring(cut));
                if (left != null && right != null) {
                    pairs.add(new Pair(left, right));
                }
            }
            pairs.sort(Comparator.comparingInt(Pair::left).thenComparingInt(Pair::right));
            for (Pair pair : pairs) {
                merges.add(pieces.get(pair.left()) + " " + pieces.get(pair.right()));
            }
        }
        return merges;
    }
}
