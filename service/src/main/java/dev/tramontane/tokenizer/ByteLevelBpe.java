package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.split.PreTokenizer;
import dev.tramontane.tokenizer.split.PreTokenizers;
import dev.tramontane.tokenizer.split.WhiteSpace;
import java.util.Arrays;
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

    private static final byte[] NO_BYTES = {};

    private final PreTokenizer preTokenizer;
    /** [256] the token of each byte, or -1. */
    private final int[] byteIds;

    private final MergeTable merges;
    private final PieceTable words;
    /** The token of a byte that has none, or -1. */
    private final int unknown;

    private final boolean fusesUnknown;
    /**
     * [vocab] whether merging the bytes of a token gives that token, so that a word that equals it needs no merging.
     * Found out on first use; threads may race, they write the same.
     */
    private final byte[] whole;

    private final TokenReach reach;

    private ByteLevelBpe(
            Vocabulary vocabulary, WordRule rule, SpecialRules specials, int[] byteIds, MergeTable merges) {
        super(vocabulary, UnaryOperator.identity(), UnaryOperator.identity(), specials);
        this.byteIds = byteIds;
        this.merges = merges;
        preTokenizer = rule.preTokenizer();
        unknown = rule.unknown().orElse(-1);
        fusesUnknown = rule.fusesUnknown();
        byte[][] bytes = new byte[size()][];
        for (int id = 0; id < bytes.length; id++) {
            bytes[id] = bytes(id);
        }
        words = new PieceTable(bytes);
        for (int id = 0; id < bytes.length; id++) {
            if (isOrdinary(vocabulary, id)) {
                words.put(id);
            }
        }
        whole = new byte[size()];
        if (rule.ignoresMerges()) {
            Arrays.fill(whole, WHOLE);
        }
        reach = computeReach();
    }

    /** A vocabulary whose pre-tokenizer is known; without merges its ids are their ranks. */
    static ByteLevelBpe of(Vocabulary vocabulary) {
        String name = vocabulary.preTokenizer();
        WordRule rule = new WordRule(PreTokenizers.required(name), PreTokenizers.ignoresMerges(name));
        return vocabulary.merges().isEmpty() ? ofRanks(vocabulary, rule) : of(vocabulary, rule, new SpecialRules());
    }

    /** A vocabulary that lists its merges; the rule is given instead of the vocabulary's name for it. */
    static ByteLevelBpe of(Vocabulary vocabulary, WordRule rule, SpecialRules specials) {
        int[] byteIds = byteIds(vocabulary);
        return new ByteLevelBpe(vocabulary, rule, specials, byteIds, MergeList.read(vocabulary));
    }

    /**
     * A vocabulary without merges: two pieces merge when together they spell one, the lowest id first, as in OpenAI's
     * tiktoken.
     */
    static ByteLevelBpe ofRanks(Vocabulary vocabulary, WordRule rule) {
        int[] byteIds = byteIds(vocabulary);
        byte[][] bytes = new byte[vocabulary.pieces().size()][];
        PieceTable symbols = new PieceTable(bytes);
        for (int id = 0; id < bytes.length; id++) {
            bytes[id] = NO_BYTES;
            if (isOrdinary(vocabulary, id)) {
                bytes[id] = ByteAlphabet.bytes(vocabulary.pieces().get(id));
                symbols.put(id);
            }
        }
        MergeTable merges = new MergeTable(2 * bytes.length);
        for (int id = 0; id < bytes.length; id++) {
            merges.putDivisions(symbols, bytes[id], false, id, id);
        }
        return new ByteLevelBpe(vocabulary, rule, new SpecialRules(), byteIds, merges);
    }

    /** Whether text may become that token by merging. */
    private static boolean isOrdinary(Vocabulary vocabulary, int id) {
        return vocabulary.types()[id] == TokenType.NORMAL
                && ByteAlphabet.spells(vocabulary.pieces().get(id));
    }

    private static int[] byteIds(Vocabulary vocabulary) {
        int[] byteIds = new int[256];
        Arrays.fill(byteIds, -1);
        for (int id = 0; id < vocabulary.pieces().size(); id++) {
            String piece = vocabulary.pieces().get(id);
            if (piece.length() == 1 && isOrdinary(vocabulary, id)) {
                byteIds[ByteAlphabet.byteOf(piece.charAt(0))] = id;
            }
        }
        for (int b = ' '; b <= '~'; b++) {
            if (byteIds[b] < 0) {
                throw new VocabularyException("The byte-level vocabulary has no token for the byte " + b + " ('"
                        + (char) b + "'), so it cannot spell plain English.");
            }
        }
        return byteIds;
    }

    @Override
    byte[] bytesOf(String piece, int type) {
        // User-defined tokens are spelled in plain text, the others in the byte alphabet.
        return type == TokenType.USER_DEFINED ? utf8(piece) : ByteAlphabet.bytes(piece);
    }

    @Override
    boolean stripsSpace() {
        return false;
    }

    @Override
    TokenReach reach() {
        return reach;
    }

    private TokenReach computeReach() {
        boolean strips = stripsWhiteSpace();
        boolean pairs = true;
        for (int value = 0x80; value <= 0xF4; value++) {
            pairs &= byteIds[value] >= 0 || (value >= 0xC0 && value < 0xF0);
        }
        int pairWeight = pairs ? 2 : 0;
        WordBytes bytes = new WordBytes();
        TokenReach all = new TokenReach(unit -> {
            if (Character.isSurrogate(unit)) {
                return pairWeight;
            }
            if (strips && WhiteSpace.is(unit)) {
                return 0;
            }
            // A byte without a token is left out, or one of a run that is one unknown token.
            String character = String.valueOf(unit);
            bytes.set(character, 0, 1);
            int weight = 0;
            for (int i = 0; i < bytes.size(); i++) {
                weight += byteIds[bytes.array()[i] & 0xFF] >= 0 ? 1 : 0;
            }
            return weight;
        });
        return withTokens(all, id -> all.add(bytes(id).length));
    }

    @Override
    TextEncoder encoder(IdList ids) {
        return new WordEncoder(ids);
    }

    /** One encoding's working memory. */
    private final class WordEncoder implements TextEncoder {
        private final IdList ids;
        private final SymbolMerger merger;
        private final WordBytes word = new WordBytes();

        WordEncoder(IdList ids) {
            this.ids = ids;
            merger = new SymbolMerger(merges, null, ids.limit());
        }

        @Override
        public void encode(String text, int from, int to, Before before) {
            preTokenizer.split(text, from, to, (start, end) -> encodeWord(text, start, end));
        }

        private void encodeWord(String text, int start, int end) {
            ids.limit().checkWanted();
            int known = words.find(text, start, end);
            if (known >= 0 && whole[known] == WHOLE) {
                ids.add(known);
                return;
            }
            word.set(text, start, end);
            if (known == PieceTable.NOT_ASCII) {
                known = words.find(word.array(), 0, word.size());
                if (known >= 0 && whole[known] == WHOLE) {
                    ids.add(known);
                    return;
                }
            }
            merger.begin();
            for (int i = 0; i < word.size(); i++) {
                int id = byteIds[word.array()[i] & 0xFF];
                if (id >= 0) {
                    merger.add(id, i);
                } else if (unknown >= 0 && !(fusesUnknown && merger.endsWith(unknown))) {
                    merger.add(unknown, i);
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
    }
}
