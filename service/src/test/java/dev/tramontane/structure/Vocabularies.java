package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Small vocabularies: every byte, then random pieces, some of them halves of characters, some twice; the last id is a control token. */
final class Vocabularies {
    private Vocabularies() {}

    static TokenTree random(Random random, String alphabet, int pieces) {
        List<byte[]> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(new byte[] {(byte) value});
        }
        int[] letters = alphabet.codePoints().toArray();
        for (int piece = 0; piece < pieces; piece++) {
            StringBuilder text = new StringBuilder();
            for (int length = 1 + random.nextInt(6); length > 0; length--) {
                text.appendCodePoint(letters[random.nextInt(letters.length)]);
            }
            byte[] whole = text.toString().getBytes(StandardCharsets.UTF_8);
            int from = random.nextInt(3) == 0 ? random.nextInt(whole.length) : 0;
            tokens.add(Arrays.copyOfRange(whole, from, whole.length));
        }
        tokens.add(new byte[0]);
        return TokenTree.of(tokens.size(), tokens::get);
    }

    static boolean has(long[] mask, int id) {
        return (mask[id >> 6] >>> id & 1) != 0;
    }

    static List<Integer> members(long[] mask) {
        List<Integer> ids = new ArrayList<>();
        for (int id = 0; id < 64 * mask.length; id++) {
            if (has(mask, id)) {
                ids.add(id);
            }
        }
        return ids;
    }
}
