package dev.tramontane.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the characters of a text are before they merge: a character that is a piece is its token, one that only occurs
 * inside pieces is a symbol past the vocabulary, any other is no symbol. Also finds pieces by their bytes, with spaces
 * as texts spell them. Immutable.
 */
final class CharacterSymbols {
    static final int NONE = -1;

    private final byte[][] bytes;
    private final boolean[] has;
    private final PieceTable table;
    private final int[] basic = new int[1 << 16];
    private final Map<Integer, Integer> supplementary = new HashMap<>();
    private final boolean wordsStartWithSpace;

    private CharacterSymbols(Vocabulary vocabulary, SpaceRule spaces, boolean inner) {
        int size = vocabulary.pieces().size();
        Set<Integer> characters = new HashSet<>();
        Set<Integer> inside = new LinkedHashSet<>();
        has = new boolean[size];
        boolean words = true;
        for (int id = 0; id < size; id++) {
            String piece = vocabulary.pieces().get(id);
            // A text has no U+2581 left, or no space: a piece with the other one cannot be found in it.
            has[id] = isMergeable(vocabulary.types()[id]) && !(spaces.escape() && piece.indexOf(' ') >= 0);
            if (has[id]) {
                String spelled = spaces.spell(piece);
                boolean one = spelled.codePointCount(0, spelled.length()) == 1;
                spelled.codePoints().forEach(one ? characters::add : inside::add);
                words &= !hasInnerSpace(spelled, spaces.cut());
            }
        }
        wordsStartWithSpace = words;
        inside.removeAll(characters);
        bytes = Arrays.copyOf(new byte[0][], size + (inner ? inside.size() : 0));
        Arrays.fill(basic, NONE);
        table = new PieceTable(bytes);
        for (int id = 0; id < size; id++) {
            bytes[id] = PieceTokenizer.utf8(
                    has[id] ? spaces.spell(vocabulary.pieces().get(id)) : "");
            if (has[id] && table.put(id)) {
                addCharacter(spaces.spell(vocabulary.pieces().get(id)), id);
            }
        }
        int next = size;
        for (int codePoint : inner ? inside : Set.<Integer>of()) {
            String character = Character.toString(codePoint);
            bytes[next] = PieceTokenizer.utf8(character);
            table.put(next);
            addCharacter(character, next++);
        }
    }

    /** For vocabularies whose merges are all pairs that spell a piece. */
    static CharacterSymbols ofPieces(Vocabulary vocabulary, SpaceRule spaces) {
        return new CharacterSymbols(vocabulary, spaces, true);
    }

    /** For vocabularies that list their merges: a character that is no piece has none. */
    static CharacterSymbols ofMerges(Vocabulary vocabulary, SpaceRule spaces) {
        return new CharacterSymbols(vocabulary, spaces, false);
    }

    /** Control, unknown and byte tokens are never the result of text. */
    private static boolean isMergeable(int type) {
        return type == TokenType.NORMAL || type == TokenType.USER_DEFINED || type == TokenType.UNUSED;
    }

    private static boolean hasInnerSpace(String piece, boolean afterSpaceToo) {
        for (int i = 1; i < piece.length(); i++) {
            if (piece.charAt(i) == ' ' && (afterSpaceToo || piece.charAt(i - 1) != ' ')) {
                return true;
            }
        }
        return false;
    }

    private void addCharacter(String piece, int id) {
        int codePoint = piece.codePointAt(0);
        if (piece.length() != Character.charCount(codePoint)) {
            return;
        }
        if (codePoint < basic.length) {
            basic[codePoint] = id;
        } else {
            supplementary.put(codePoint, id);
        }
    }

    /** The symbol of a character, or {@link #NONE}. */
    int of(int codePoint) {
        return codePoint < basic.length ? basic[codePoint] : supplementary.getOrDefault(codePoint, NONE);
    }

    /** Number of symbols: tokens, and characters past them. */
    int size() {
        return bytes.length;
    }

    /** Whether text may become that token by merging. */
    boolean has(int id) {
        return has[id];
    }

    byte[] bytes(int symbol) {
        return bytes[symbol];
    }

    PieceTable table() {
        return table;
    }

    /** Whether no piece has a space after the start of a word: then merges never cross one. */
    boolean wordsStartWithSpace() {
        return wordsStartWithSpace;
    }
}
