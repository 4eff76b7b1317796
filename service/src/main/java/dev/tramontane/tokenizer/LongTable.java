package dev.tramontane.tokenizer;

import java.util.Arrays;

/** A map from long to long with open addressing: what a hundred thousand merges need. Keys and values are never -1. */
final class LongTable {
    static final long ABSENT = -1L;

    private final long[] keys;
    private final long[] values;
    private final int mask;

    /** @param capacity how many entries will be put at most */
    LongTable(int capacity) {
        int size = Integer.highestOneBit(Math.max(capacity, 4)) << 2;
        keys = new long[size];
        values = new long[size];
        Arrays.fill(keys, ABSENT);
        mask = size - 1;
    }

    /** Adds an entry; whether the key is new. An old value stays. */
    boolean put(long key, long value) {
        int slot = slot(key);
        while (keys[slot] != ABSENT) {
            if (keys[slot] == key) {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        keys[slot] = key;
        values[slot] = value;
        return true;
    }

    /** The value, or {@link #ABSENT}. */
    long get(long key) {
        int slot = slot(key);
        while (keys[slot] != key) {
            if (keys[slot] == ABSENT) {
                return ABSENT;
            }
            slot = (slot + 1) & mask;
        }
        return values[slot];
    }

    private int slot(long key) {
        long mixed = key * 0x9E3779B97F4A7C15L;
        return (int) (mixed ^ (mixed >>> 32)) & mask;
    }
}
