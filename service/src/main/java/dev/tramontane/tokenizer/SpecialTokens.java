package dev.tramontane.tokenizer;

import org.jspecify.annotations.Nullable;

/**
 * Finds control strings and user-defined tokens in a text: the longest one at a place, as the added tokens of the
 * tokenizers library are found. A trie in one table; a search step is one look-up a character.
 */
final class SpecialTokens {
    private static final long NOT_FOUND = -1L;

    /** From {@code node << 16 | character} to node; node 0 is the root. */
    private final LongTable edges;
    /** [node] the token that ends there, or -1. */
    private final int[] tokens;

    /** [65536] whether a token starts with that character. */
    private final boolean[] firsts = new boolean[1 << 16];

    private final int[] types;
    private final boolean matchText;

    /** @param spelling [vocab] how each token appears in the texts to search; null for those that don't */
    SpecialTokens(@Nullable String[] spelling, int[] types) {
        this.types = types;
        int characters = 1;
        for (@Nullable String piece : spelling) {
            characters += piece == null ? 0 : piece.length();
        }
        edges = new LongTable(characters);
        tokens = new int[characters];
        int nodes = 1;
        boolean userDefined = false;
        tokens[0] = -1;
        for (int id = 0; id < spelling.length; id++) {
            @Nullable String piece = spelling[id];
            if (piece == null) {
                continue;
            }
            firsts[piece.charAt(0)] = true;
            userDefined |= !isControl(types[id]);
            int node = 0;
            for (int i = 0; i < piece.length(); i++) {
                long key = ((long) node << 16) | piece.charAt(i);
                if (edges.put(key, nodes)) {
                    tokens[nodes++] = -1;
                }
                node = (int) edges.get(key);
            }
            tokens[node] = id;
        }
        matchText = userDefined;
    }

    /** Whether there are tokens that count in untrusted text, too. */
    boolean matchText() {
        return matchText;
    }

    /** Whether a token starts with that character. */
    boolean mayStart(char c) {
        return firsts[c];
    }

    /** Whether a token of this type is matched as a whole, in front of all splitting and merging. */
    static boolean isSpecial(int type) {
        return isControl(type) || type == TokenType.USER_DEFINED;
    }

    /** Whether a token of this type never stands for text. */
    static boolean isControl(int type) {
        return type == TokenType.CONTROL || type == TokenType.UNKNOWN;
    }

    /**
     * The longest token at {@code text[at]} that ends at {@code to} or before, as {@code end << 32 | id}, or -1. Control
     * tokens count only up to {@code trustedEnd}.
     */
    long longest(String text, int at, int to, int trustedEnd) {
        long found = NOT_FOUND;
        long node = 0;
        for (int i = at; i < to; i++) {
            node = edges.get((node << 16) | text.charAt(i));
            if (node == LongTable.ABSENT) {
                break;
            }
            int id = tokens[(int) node];
            if (id >= 0 && (i < trustedEnd || !isControl(types[id]))) {
                found = ((long) (i + 1) << 32) | id;
            }
        }
        return found;
    }
}
