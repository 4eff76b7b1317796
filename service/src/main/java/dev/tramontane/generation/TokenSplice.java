package dev.tramontane.generation;

import java.util.Arrays;

/**
 * One text in two cuts: tokens that were computed before, and those that its layout encodes as. A model need not sample
 * the tokens that the encoder would have chosen, so what it answered, laid out again, is the same text in other tokens, and
 * not what the cache has. Both are followed byte by byte, control token by control token, to the last place where they
 * have said the same and both are between two tokens: up to there the computed ones are taken, after it the layout's.
 */
final class TokenSplice {
    private static final byte[] NOTHING = {};

    private final TokenTexts texts;
    private final Cut computed;
    private final Cut laidOut;
    private int fromComputed;
    private int fromLaidOut;

    TokenSplice(TokenTexts texts, int[] computed, int[] laidOut) {
        this.texts = texts;
        this.computed = new Cut(computed);
        this.laidOut = new Cut(laidOut);
        follow();
    }

    /** Tokens that say what the layout says. */
    int[] ids() {
        int rest = laidOut.ids.length - fromLaidOut;
        int[] ids = Arrays.copyOf(computed.ids, fromComputed + rest);
        System.arraycopy(laidOut.ids, fromLaidOut, ids, fromComputed, rest);
        return ids;
    }

    private void follow() {
        while (computed.hasMore() && laidOut.hasMore()) {
            if (computed.nextId() == laidOut.nextId()) {
                computed.next++;
                laidOut.next++;
            } else if (!sameBytes()) {
                return;
            }
            fromComputed = computed.next;
            fromLaidOut = laidOut.next;
        }
    }

    /** Goes on to where both are between two tokens again; false where they differ before that. */
    private boolean sameBytes() {
        do {
            if (!computed.take() || !laidOut.take()) {
                return false;
            }
            int both = Math.min(computed.rest(), laidOut.rest());
            if (!Arrays.equals(
                    computed.bytes, computed.at, computed.at + both, laidOut.bytes, laidOut.at, laidOut.at + both)) {
                return false;
            }
            computed.at += both;
            laidOut.at += both;
        } while (computed.rest() > 0 || laidOut.rest() > 0);
        return true;
    }

    /** A place in a sequence of tokens. */
    private final class Cut {
        final int[] ids;
        int next;

        /** Of the token before {@code next}, and how many of them have been compared. */
        byte[] bytes = NOTHING;

        int at;

        Cut(int[] ids) {
            this.ids = ids;
        }

        boolean hasMore() {
            return next < ids.length;
        }

        int nextId() {
            return ids[next];
        }

        int rest() {
            return bytes.length - at;
        }

        /** Takes the next token's bytes where none are left; false where it is a control token, or there is none. */
        boolean take() {
            if (rest() == 0) {
                if (!hasMore() || texts.isSilent(nextId())) {
                    return false;
                }
                bytes = texts.bytes(ids[next++]);
                at = 0;
            }
            return true;
        }
    }
}
