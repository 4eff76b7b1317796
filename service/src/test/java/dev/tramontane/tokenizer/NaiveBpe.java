package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.split.PreTokenizer;
import dev.tramontane.tokenizer.split.PreTokenizers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The slow, obvious twin of byte-level BPE: strings in a list, merged until nothing merges. */
final class NaiveBpe {
    private final Vocabulary vocabulary;

    NaiveBpe(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    int[] encode(String text) {
        List<Integer> ids = new ArrayList<>();
        PreTokenizer rule = Objects.requireNonNull(PreTokenizers.named(vocabulary.preTokenizer()));
        rule.split(text, 0, text.length(), (start, end) -> {
            for (String piece : merge(text.substring(start, end))) {
                ids.add(vocabulary.pieces().indexOf(piece));
            }
        });
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private List<String> merge(String word) {
        List<String> symbols = new ArrayList<>();
        for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            symbols.add(Vocabularies.letter(b & 0xFF));
        }
        while (true) {
            int best = Integer.MAX_VALUE;
            int at = -1;
            for (int i = 0; i + 1 < symbols.size(); i++) {
                int rank = vocabulary.merges().indexOf(symbols.get(i) + " " + symbols.get(i + 1));
                if (rank >= 0 && rank < best) {
                    best = rank;
                    at = i;
                }
            }
            if (at < 0) {
                return symbols;
            }
            symbols.set(at, symbols.get(at) + symbols.remove(at + 1));
        }
    }
}
