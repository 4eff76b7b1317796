package dev.tramontane.tokenizer;

import java.util.Arrays;
import java.util.List;

/** The tokens that stand for one byte each, spelled {@code <0x00>} to {@code <0xFF>}: for what no piece spells. */
final class ByteTokens {
    private ByteTokens() {}

    /** [256] the id of each, or an empty array where the vocabulary has none. */
    static int[] ids(Vocabulary vocabulary) {
        List<String> pieces = vocabulary.pieces();
        int[] ids = new int[256];
        Arrays.fill(ids, -1);
        int count = 0;
        for (int id = 0; id < pieces.size(); id++) {
            if (vocabulary.types()[id] != TokenType.BYTE) {
                continue;
            }
            int value = byteOf(pieces.get(id));
            if (value < 0 || ids[value] >= 0) {
                throw new VocabularyException("Token " + id + " is a byte token but its piece "
                        + Quoted.of(pieces.get(id)) + " is not a new one of <0x00> to <0xFF>.");
            }
            ids[value] = id;
            count++;
        }
        if (count != 0 && count != 256) {
            throw new VocabularyException("The vocabulary has " + count + " byte tokens; it needs all 256 or none.");
        }
        if (count == 0 && vocabulary.unknown().isEmpty()) {
            throw new VocabularyException(
                    "The vocabulary has neither byte tokens nor an unknown token, so it cannot encode every text.");
        }
        return count == 0 ? new int[0] : ids;
    }

    /** The value of {@code <0xAB>}, or -1. */
    static int byteOf(String piece) {
        if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
            return -1;
        }
        int high = Character.digit(piece.charAt(3), 16);
        int low = Character.digit(piece.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : (high << 4) | low;
    }
}
