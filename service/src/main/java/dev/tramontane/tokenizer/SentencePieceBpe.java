package dev.tramontane.tokenizer;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * SentencePiece's BPE ({@code bpe_model.cc} of google/sentencepiece): a space is U+2581, the characters of the text are
 * merged by the scores of what they make, and what no piece spells becomes byte tokens or the unknown token.
 *
 * <p>Where the vocabulary asks for it, a space is put before the text, and also before a stretch of text that follows a
 * control token and has no space itself. The first is SentencePiece's rule. The second gives, for Mistral's layouts, the
 * ids of mistral-common, which encodes each message as a text of its own: both where the template writes the space
 * ({@code [INST] hi}) and where it does not ({@code <s>[INST]} of the first version).
 */
final class SentencePieceBpe extends PieceTokenizer {
    /** States of {@link #whole}. */
    private static final byte UNTRIED = 0;

    private static final byte WHOLE = 1;
    private static final byte IN_PARTS = 2;

    private final SpaceRule spaces;
    private final char space;
    private final int[] types;
    private final int[] byteIds;
    private final PieceTable table;
    /** [vocab] order of the scores, the highest 0; equal scores have equal ranks. */
    private final int[] ranks;
    /** Whether no piece has a space after another character: then merges never cross the start of a word. */
    private final boolean wordsStartWithSpace;
    /** [vocab] whether merging the characters of a piece gives that piece; see {@link ByteLevelBpe}. */
    private final byte[] whole;

    private SentencePieceBpe(Vocabulary vocabulary, SpaceRule spaces, int[] byteIds) {
        super(vocabulary, spaces::searched);
        this.spaces = spaces;
        space = spaces.space();
        this.byteIds = byteIds;
        types = vocabulary.types();
        byte[][] spelling = new byte[size()][];
        boolean words = true;
        for (int id = 0; id < spelling.length; id++) {
            spelling[id] = utf8(piece(id));
            words &= !isMergeable(types[id]) || !hasInnerSpace(piece(id));
        }
        wordsStartWithSpace = words;
        table = new PieceTable(spelling);
        for (int id = 0; id < spelling.length; id++) {
            if (isMergeable(types[id])) {
                table.put(id);
            }
        }
        ranks = ranksOf(vocabulary.scores());
        whole = new byte[size()];
    }

    static SentencePieceBpe of(Vocabulary vocabulary, SpaceRule spaces) {
        int[] byteIds = new int[256];
        Arrays.fill(byteIds, -1);
        int count = 0;
        for (int id = 0; id < vocabulary.pieces().size(); id++) {
            if (vocabulary.types()[id] != TokenType.BYTE) {
                continue;
            }
            int value = byteOf(vocabulary.pieces().get(id));
            if (value < 0 || byteIds[value] >= 0) {
                throw new VocabularyException("Token " + id + " is a byte token but its piece "
                        + Quoted.of(vocabulary.pieces().get(id)) + " is not a new one of <0x00> to <0xFF>.");
            }
            byteIds[value] = id;
            count++;
        }
        if (count != 0 && count != 256) {
            throw new VocabularyException("The vocabulary has " + count + " byte tokens; it needs all 256 or none.");
        }
        if (count == 0 && vocabulary.unknown().isEmpty()) {
            throw new VocabularyException(
                    "The vocabulary has neither byte tokens nor an unknown token, so it cannot encode every text.");
        }
        return new SentencePieceBpe(vocabulary, spaces, byteIds);
    }

    /** Control, unknown and byte tokens are never the result of text. */
    private static boolean isMergeable(int type) {
        return type == TokenType.NORMAL || type == TokenType.USER_DEFINED || type == TokenType.UNUSED;
    }

    private boolean hasInnerSpace(String piece) {
        for (int i = 1; i < piece.length(); i++) {
            if (piece.charAt(i) == space && piece.charAt(i - 1) != space) {
                return true;
            }
        }
        return false;
    }

    /** The value of {@code <0xAB>}, or -1. */
    private static int byteOf(String piece) {
        if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
            return -1;
        }
        int high = Character.digit(piece.charAt(3), 16);
        int low = Character.digit(piece.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : (high << 4) | low;
    }

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

    @Override
    byte[] bytesOf(int id) {
        String piece = vocabulary.pieces().get(id);
        return vocabulary.types()[id] == TokenType.BYTE
                ? new byte[] {(byte) byteOf(piece)}
                : utf8(SpaceRule.unspell(piece));
    }

    @Override
    boolean addsSpace() {
        return spaces.prefix();
    }

    @Override
    TextEncoder encoder(IdList ids) {
        return new MergeEncoder(ids);
    }

    /** One encoding's working memory. */
    private final class MergeEncoder implements TextEncoder, SymbolMerger.Pairs {
        private final IdList ids;
        private final SymbolMerger merger = new SymbolMerger(this);
        private final WordBytes word = new WordBytes();
        /** Where the unused pieces that were made in this word divide: from {@code start << 32 | end} to the middle. */
        private final Map<Long, Integer> divisions = new HashMap<>();

        private boolean endsUnknown;

        MergeEncoder(IdList ids) {
            this.ids = ids;
        }

        @Override
        public void encode(String text, int from, int to, Before before) {
            if (spaces.collapse()) {
                String collapsed = spaces.spell(spaces.collapsed(text, from, to));
                if (!collapsed.isEmpty()) {
                    encodeStretch(collapsed, 0, collapsed.length(), before);
                }
            } else {
                encodeStretch(text, from, to, before);
            }
        }

        private void encodeStretch(String text, int from, int to, Before before) {
            endsUnknown = false;
            int at = from;
            if (spaces.prefix()
                    && (before == Before.NOTHING || (before == Before.CONTROL && text.charAt(from) != space))) {
                at = wordEnd(text, from, to);
                word.clear();
                word.append(String.valueOf(space), 0, 1);
                word.append(text, from, at);
                encodeWord();
            }
            encodeWords(text, at, to);
        }

        private void encodeWords(String text, int from, int to) {
            int at = from;
            while (at < to) {
                int end = wordEnd(text, at, to);
                word.set(text, at, end);
                encodeWord();
                at = end;
            }
        }

        /** The next place after {@code at} where a space follows something else, or the end: merges don't cross it. */
        private int wordEnd(String text, int at, int to) {
            if (!wordsStartWithSpace) {
                return to;
            }
            int i = at + 1;
            while (i < to && (text.charAt(i) != space || text.charAt(i - 1) == space)) {
                i++;
            }
            return Math.min(i, to);
        }

        private void encodeWord() {
            byte[] bytes = word.array();
            int known = table.find(bytes, 0, word.size());
            if (known >= 0 && whole[known] == WHOLE) {
                ids.add(known);
                endsUnknown = false;
                return;
            }
            divisions.clear();
            merger.begin(bytes);
            int start = 0;
            while (start < word.size()) {
                int end = start + length(bytes[start]);
                merger.add(table.find(bytes, start, end), start);
                start = end;
            }
            merger.merge(word.size());
            for (int i = 0; i < merger.size(); i++) {
                emit(merger.id(i), merger.start(i), merger.start(i + 1));
            }
            if (known >= 0 && whole[known] == UNTRIED) {
                boolean one = merger.size() == 1 && merger.id(0) == known && types[known] != TokenType.UNUSED;
                whole[known] = one ? WHOLE : IN_PARTS;
            }
        }

        /** Bytes of the UTF-8 sequence with that lead. */
        private static int length(byte lead) {
            int value = lead & 0xFF;
            return value < 0x80 ? 1 : value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
        }

        @Override
        public long merged(int left, int right, byte[] bytes, int start, int end) {
            int id = table.find(bytes, start, end);
            return id < 0 ? NONE : ((long) ranks[id] << 32) | id;
        }

        @Override
        public void onMerge(int id, int start, int middle, int end) {
            if (types[id] == TokenType.UNUSED) {
                divisions.put(((long) start << 32) | end, middle);
            }
        }

        /** Adds a symbol; an unused piece is divided again as it was made, so that it never appears. */
        private void emit(int id, int start, int end) {
            if (id >= 0 && types[id] != TokenType.UNUSED) {
                ids.add(id);
                endsUnknown = false;
                return;
            }
            Deque<Long> parts = new ArrayDeque<>();
            parts.push(((long) start << 32) | end);
            while (!parts.isEmpty()) {
                long part = parts.pop();
                int from = (int) (part >>> 32);
                int to = (int) part;
                int piece = table.find(word.array(), from, to);
                Integer middle = piece >= 0 && types[piece] == TokenType.UNUSED ? divisions.get(part) : null;
                if (middle != null) {
                    parts.push(((long) middle << 32) | to);
                    parts.push(((long) from << 32) | middle);
                } else if (piece >= 0) {
                    ids.add(piece);
                    endsUnknown = false;
                } else {
                    addUnknown(from, to);
                }
            }
        }

        /** A character that no piece spells. Without byte tokens a run of them is one unknown token. */
        private void addUnknown(int from, int to) {
            OptionalInt unknown = vocabulary.unknown();
            if (byteIds[0] >= 0) {
                for (int i = from; i < to; i++) {
                    ids.add(byteIds[word.array()[i] & 0xFF]);
                }
            } else if (!endsUnknown) {
                ids.add(unknown.orElseThrow());
                endsUnknown = true;
            }
        }
    }
}
