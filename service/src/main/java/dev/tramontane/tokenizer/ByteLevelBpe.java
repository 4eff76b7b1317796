package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.split.PreTokenizer;
import dev.tramontane.tokenizer.split.PreTokenizers;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Byte-level BPE as GPT-2 has it and the tokenizers library computes it: the text is cut into words, each word's bytes
 * are merged by rank.
 *
 * <p>A byte for which the vocabulary has no token is left out before merging, as the reference does (SmolLM2 lacks 21
 * of them: bytes that no UTF-8 holds, and some control characters).
 */
final class ByteLevelBpe extends PieceTokenizer {
    /** States of {@link #whole}. */
    private static final byte UNTRIED = 0;

    private static final byte WHOLE = 1;
    private static final byte IN_PARTS = 2;

    private final PreTokenizer preTokenizer;
    private final boolean ignoreMerges;
    /** [256] the token of each byte, or -1. */
    private final int[] byteIds;
    /** From {@code left << 32 | right} to {@code rank << 32 | id}. */
    private final LongTable merges;

    private final PieceTable words;
    /**
     * [vocab] whether merging the bytes of a token gives that token, so that a word that equals it needs no merging.
     * Found out on first use; threads may race, they write the same.
     */
    private final byte[] whole;

    private ByteLevelBpe(Vocabulary vocabulary, int[] byteIds, LongTable merges) {
        super(vocabulary, UnaryOperator.identity());
        this.byteIds = byteIds;
        this.merges = merges;
        preTokenizer = Objects.requireNonNull(PreTokenizers.named(vocabulary.preTokenizer()));
        ignoreMerges = PreTokenizers.ignoresMerges(vocabulary.preTokenizer());
        byte[][] bytes = new byte[size()][];
        for (int id = 0; id < bytes.length; id++) {
            bytes[id] = bytes(id);
        }
        words = new PieceTable(bytes);
        for (int id = 0; id < bytes.length; id++) {
            if (vocabulary.types()[id] == TokenType.NORMAL && ByteAlphabet.spells(piece(id))) {
                words.put(id);
            }
        }
        whole = new byte[size()];
        if (ignoreMerges) {
            Arrays.fill(whole, WHOLE);
        }
    }

    static ByteLevelBpe of(Vocabulary vocabulary) {
        List<String> pieces = vocabulary.pieces();
        Map<String, Integer> ids = HashMap.newHashMap(pieces.size());
        int[] byteIds = new int[256];
        Arrays.fill(byteIds, -1);
        for (int id = 0; id < pieces.size(); id++) {
            String piece = pieces.get(id);
            ids.put(piece, id);
            int type = vocabulary.types()[id];
            if (piece.length() == 1 && ByteAlphabet.byteOf(piece.charAt(0)) >= 0 && type == TokenType.NORMAL) {
                byteIds[ByteAlphabet.byteOf(piece.charAt(0))] = id;
            }
        }
        for (int b = ' '; b <= '~'; b++) {
            if (byteIds[b] < 0) {
                throw new VocabularyException("The byte-level vocabulary has no token for the byte " + b + " ('"
                        + (char) b + "'), so it cannot spell plain English.");
            }
        }
        return new ByteLevelBpe(vocabulary, byteIds, mergesOf(vocabulary, ids));
    }

    private static LongTable mergesOf(Vocabulary vocabulary, Map<String, Integer> ids) {
        List<String> merges = vocabulary.merges();
        LongTable table = new LongTable(merges.size());
        for (int rank = 0; rank < merges.size(); rank++) {
            String merge = merges.get(rank);
            int space = merge.indexOf(' ');
            if (space <= 0 || space == merge.length() - 1 || merge.indexOf(' ', space + 1) >= 0) {
                throw new VocabularyException(
                        "Merge " + rank + " is " + Quoted.of(merge) + " and not two pieces with a space between them.");
            }
            int left = id(ids, merge.substring(0, space), rank);
            int right = id(ids, merge.substring(space + 1), rank);
            int merged = id(ids, merge.substring(0, space) + merge.substring(space + 1), rank);
            if (SpecialTokens.isControl(vocabulary.types()[merged])) {
                throw new VocabularyException("Merge " + rank + " makes the control token "
                        + Quoted.of(vocabulary.pieces().get(merged)) + ": text could become a control token.");
            }
            if (!table.put(((long) left << 32) | right, ((long) rank << 32) | merged)) {
                throw new VocabularyException("Merge " + rank + " (" + Quoted.of(merge) + ") is there twice.");
            }
        }
        return table;
    }

    private static int id(Map<String, Integer> ids, String piece, int rank) {
        Integer id = ids.get(piece);
        if (id == null) {
            throw new VocabularyException(
                    "Merge " + rank + " needs the piece " + Quoted.of(piece) + ", which is not in the vocabulary.");
        }
        return id;
    }

    @Override
    byte[] bytesOf(int id) {
        // User-defined tokens are spelled in plain text, the others in the byte alphabet.
        String piece = vocabulary.pieces().get(id);
        boolean plain = vocabulary.types()[id] == TokenType.USER_DEFINED;
        return plain ? utf8(piece) : ByteAlphabet.bytes(piece);
    }

    @Override
    boolean addsSpace() {
        return false;
    }

    @Override
    TextEncoder encoder(IdList ids) {
        return new WordEncoder(ids);
    }

    /** One encoding's working memory. */
    private final class WordEncoder implements TextEncoder, SymbolMerger.Pairs {
        private final IdList ids;
        private final SymbolMerger merger = new SymbolMerger(this);
        private final WordBytes word = new WordBytes();

        WordEncoder(IdList ids) {
            this.ids = ids;
        }

        @Override
        public void encode(String text, int from, int to, Before before) {
            preTokenizer.split(text, from, to, (start, end) -> {
                word.set(text, start, end);
                encodeWord();
            });
        }

        private void encodeWord() {
            int known = words.find(word.array(), 0, word.size());
            if (known >= 0 && whole[known] == WHOLE) {
                ids.add(known);
                return;
            }
            merger.begin(word.array());
            for (int i = 0; i < word.size(); i++) {
                int id = byteIds[word.array()[i] & 0xFF];
                if (id >= 0) {
                    merger.add(id, i);
                }
            }
            merger.merge(word.size());
            for (int i = 0; i < merger.size(); i++) {
                ids.add(merger.id(i));
            }
            if (known >= 0 && whole[known] == UNTRIED) {
                whole[known] = merger.size() == 1 && merger.id(0) == known ? WHOLE : IN_PARTS;
            }
        }

        @Override
        public long merged(int left, int right, byte[] bytes, int start, int end) {
            return merges.get(((long) left << 32) | right);
        }
    }
}
