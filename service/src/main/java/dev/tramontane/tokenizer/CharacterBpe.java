package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.split.WhiteSpace;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * BPE over characters, as SentencePiece has it and the tokenizers library with a byte fallback: the characters of the
 * text are merged, and what no piece spells becomes byte tokens or the unknown token.
 */
final class CharacterBpe extends PieceTokenizer {
    /** States of {@link #whole}. */
    private static final byte UNTRIED = 0;

    private static final byte WHOLE = 1;
    private static final byte IN_PARTS = 2;

    private final SpaceRule spaces;
    /** Whether the texts to encode are spelled as pieces already. */
    private final boolean searchesSpelled;

    private final boolean stripsSpace;
    private final OptionalInt unknown;
    private final CharacterSymbols symbols;
    private final PieceTable table;
    private final MergeTable merges;
    private final int[] types;
    private final boolean hasUnused;
    /** [256] or empty. */
    private final int[] byteIds;
    /** The symbol of a character that is none. */
    private final int unknownSymbol;
    /** [vocab] whether merging the characters of a piece gives that piece; see {@link ByteLevelBpe}. */
    private final byte[] whole;

    private final TokenReach reach;

    private CharacterBpe(
            Vocabulary vocabulary,
            SpaceRule spaces,
            boolean searchesSpelled,
            boolean stripsSpace,
            SpecialRules specials,
            CharacterSymbols symbols,
            MergeTable merges) {
        super(vocabulary, searchesSpelled ? spaces::spell : UnaryOperator.identity(), spaces::normalize, specials);
        this.spaces = spaces;
        this.searchesSpelled = searchesSpelled;
        this.stripsSpace = stripsSpace;
        unknown = vocabulary.unknown();
        this.symbols = symbols;
        this.merges = merges;
        table = symbols.table();
        types = vocabulary.types();
        byteIds = ByteTokens.ids(vocabulary);
        unknownSymbol = symbols.size();
        whole = new byte[size()];
        boolean unused = false;
        for (int type : types) {
            unused |= type == TokenType.UNUSED;
        }
        hasUnused = unused;
        reach = computeReach();
    }

    private TokenReach computeReach() {
        boolean strips = stripsWhiteSpace();
        TokenReach all = new TokenReach(unit -> {
            boolean space = unit == ' ' || (spaces.escape() && unit == SpaceRule.ESCAPED);
            if ((space && spaces.collapse()) || (strips && (space || WhiteSpace.is(unit)))) {
                return 0;
            }
            // Without byte tokens a run of what is no piece is one unknown token.
            int symbol = Character.isSurrogate(unit) ? CharacterSymbols.NONE : symbols.of(space ? ' ' : unit);
            boolean piece = symbol >= 0 && symbol < types.length;
            return byteIds.length == 0 && !piece ? 0 : space ? 1 : TokenReach.bytes(unit);
        });
        return withTokens(all, id -> all.add(spaces.spell(vocabulary().pieces().get(id))));
    }

    /** SentencePiece's way: user-defined tokens are looked for where spaces and U+2581 are the same. */
    static CharacterBpe ofSentencePiece(
            Vocabulary vocabulary, SpaceRule spaces, CharacterSymbols symbols, MergeTable merges) {
        boolean stripsSpace = spaces.prefix() != SpaceRule.Prefix.NEVER;
        return new CharacterBpe(
                vocabulary, spaces, !spaces.collapse(), stripsSpace, new SpecialRules(), symbols, merges);
    }

    /**
     * The way of the tokenizers library, for a vocabulary that lists its merges and has a token for every byte. It tells
     * of itself as a SentencePiece vocabulary, whose scores stand for the merges.
     *
     * @param stripsSpace whether decoding takes away a space that begins the text
     */
    static CharacterBpe ofMerges(Vocabulary vocabulary, SpaceRule spaces, boolean stripsSpace, SpecialRules specials) {
        CharacterSymbols symbols = CharacterSymbols.ofMerges(vocabulary, spaces);
        MergeTable merges = MergeList.read(vocabulary);
        Vocabulary scored = vocabulary.withScores(MergeList.scores(vocabulary));
        return new CharacterBpe(scored, spaces, false, stripsSpace, specials, symbols, merges);
    }

    @Override
    byte[] bytesOf(String piece, int type) {
        return type == TokenType.BYTE
                ? new byte[] {(byte) ByteTokens.byteOf(piece)}
                : utf8(piece.replace(SpaceRule.ESCAPED, ' '));
    }

    @Override
    boolean normalizesSpaces() {
        return spaces.normalizes();
    }

    @Override
    boolean stripsSpace() {
        return stripsSpace;
    }

    @Override
    TokenReach reach() {
        return reach;
    }

    @Override
    TextEncoder encoder(IdList ids) {
        return new MergeEncoder(ids);
    }

    /** One encoding's working memory. */
    private final class MergeEncoder implements TextEncoder {
        private final IdList ids;
        private final SymbolMerger merger;
        private final WordBytes bytes = new WordBytes();
        /** Where the unused pieces that were made in this word divide: from {@code start << 32 | end} to the middle. */
        private final Map<Long, Integer> divisions = new HashMap<>();

        private boolean endsUnknown;

        MergeEncoder(IdList ids) {
            this.ids = ids;
            merger = new SymbolMerger(merges, hasUnused ? this::noteUnused : null, ids.limit());
        }

        @Override
        public void encode(String text, int from, int to, Before before) {
            if (spaces.collapse()) {
                String collapsed = spaces.spell(spaces.collapsed(text, from, to));
                if (!collapsed.isEmpty()) {
                    encodeSpelled(collapsed, 0, collapsed.length(), before);
                }
            } else if (searchesSpelled || text.indexOf(SpaceRule.ESCAPED, from, to) < 0) {
                encodeSpelled(text, from, to, before);
            } else {
                encodeSpelled(spaces.spell(text.substring(from, to)), 0, to - from, before);
            }
        }

        private void encodeSpelled(String text, int from, int to, Before before) {
            encodeStretch(text, from, to, spaces.prefixes(text, from, to, before));
        }

        @Override
        public void encodeNormalized(String text, int from, int to, Before before) {
            String spelled = spaces.spell(text.substring(from, to));
            int length = spelled.length();
            encodeStretch(spelled, 0, length, spaces.prefixesNormalized(spelled, 0, length, before));
        }

        private void encodeStretch(String text, int from, int to, boolean prefix) {
            endsUnknown = false;
            int at = from;
            if (prefix) {
                at = wordEnd(text, true, from, to);
                String first = " " + text.substring(from, at);
                encodeWord(first, 0, first.length());
            }
            while (at < to) {
                int end = wordEnd(text, text.charAt(at) == ' ', at + 1, to);
                encodeWord(text, at, end);
                at = end;
            }
        }

        /** Where the word ends whose first character is before {@code at}: where a space starts another, or at the end. */
        private int wordEnd(String text, boolean startsWithSpace, int at, int to) {
            if (!symbols.wordsStartWithSpace()) {
                return to;
            }
            int i = at;
            while (startsWithSpace && !spaces.cut() && i < to && text.charAt(i) == ' ') {
                i++;
            }
            while (i < to && text.charAt(i) != ' ') {
                i++;
            }
            return i;
        }

        private void encodeWord(String text, int from, int to) {
            ids.limit().checkWanted();
            int known = table.find(text, from, to);
            if (known == PieceTable.NOT_ASCII) {
                bytes.set(text, from, to);
                known = table.find(bytes.array(), 0, bytes.size());
            }
            boolean piece = known >= 0 && known < whole.length;
            if (piece && whole[known] == WHOLE) {
                ids.add(known);
                endsUnknown = false;
                return;
            }
            divisions.clear();
            merger.begin();
            for (int i = from; i < to; ) {
                int codePoint = text.codePointAt(i);
                addCharacter(codePoint, i);
                i += Character.charCount(codePoint);
            }
            merger.merge(to);
            for (int i = 0; i < merger.size(); i++) {
                emit(text, merger.id(i), merger.start(i), merger.start(i + 1));
            }
            if (piece && whole[known] == UNTRIED) {
                boolean one = merger.size() == 1 && merger.id(0) == known && types[known] != TokenType.UNUSED;
                whole[known] = one ? WHOLE : IN_PARTS;
            }
        }

        private void addCharacter(int codePoint, int at) {
            int symbol = symbols.of(codePoint);
            if (symbol >= 0) {
                merger.add(symbol, at);
            } else if (byteIds.length == 0) {
                merger.add(unknownSymbol, at);
            } else {
                setCharacter(codePoint);
                for (int i = 0; i < bytes.size(); i++) {
                    merger.add(byteIds[bytes.array()[i] & 0xFF], at);
                }
            }
        }

        /** The bytes of a character, as pieces would spell it. */
        private void setCharacter(int codePoint) {
            boolean space = codePoint == ' ' && spaces.escape();
            String character = Character.toString(space ? SpaceRule.ESCAPED : codePoint);
            bytes.set(character, 0, character.length());
        }

        private void noteUnused(int id, int start, int middle, int end) {
            if (id < types.length && types[id] == TokenType.UNUSED) {
                divisions.put(((long) start << 32) | end, middle);
            }
        }

        /** Adds a symbol; an unused piece is divided again as it was made, so that it never appears. */
        private void emit(String text, int symbol, int start, int end) {
            if (symbol < types.length && types[symbol] != TokenType.UNUSED) {
                ids.add(symbol);
                endsUnknown = false;
                return;
            }
            Deque<Long> parts = new ArrayDeque<>();
            parts.push(((long) start << 32) | end);
            while (!parts.isEmpty()) {
                long part = parts.pop();
                int from = (int) (part >>> 32);
                int to = (int) part;
                Integer middle = divisions.get(part);
                if (middle != null) {
                    parts.push(((long) middle << 32) | to);
                    parts.push(((long) from << 32) | middle);
                } else {
                    addPart(text, from, to);
                }
            }
        }

        /** Adds a piece that is in use, an unused piece that is one character, or a character that no piece spells. */
        private void addPart(String text, int from, int to) {
            bytes.set(text, from, to);
            int piece = table.find(bytes.array(), 0, bytes.size());
            if (piece >= 0 && piece < types.length) {
                ids.add(piece);
                endsUnknown = false;
            } else {
                addUnknown(text.codePointAt(from));
            }
        }

        /** A character that no piece spells. Without byte tokens a run of them is one unknown token. */
        private void addUnknown(int codePoint) {
            if (byteIds.length > 0) {
                setCharacter(codePoint);
                for (int i = 0; i < bytes.size(); i++) {
                    ids.add(byteIds[bytes.array()[i] & 0xFF]);
                }
                endsUnknown = false;
            } else if (!endsUnknown) {
                ids.add(unknown.orElseThrow());
                endsUnknown = true;
            }
        }
    }
}
