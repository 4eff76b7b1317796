package dev.tramontane.tokenizer;

import java.util.Arrays;

/** Ids in the making, up to a limit. */
final class IdList {
    private final EncodingLimit limit;
    private int[] ids = new int[64];
    private int size;

    IdList(EncodingLimit limit) {
        this.limit = limit;
    }

    /** @throws TooManyTokensException when it is one too many */
    void add(int id) {
        if (size >= limit.tokens()) {
            throw new TooManyTokensException(limit.tokens());
        }
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
        }
        ids[size++] = id;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** What the encoding may cost. */
    EncodingLimit limit() {
        return limit;
    }

    int[] toArray() {
        return Arrays.copyOf(ids, size);
    }
}
