package dev.tramontane.tokenizer;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A map from long to long with open addressing: what a hundred thousand merges need. Keys and values are never -1. Keys
 * come from files, so the hash is seeded: no file can be made whose keys all collide.
 */
final class LongTable {
    static final long ABSENT = -1L;

    private static final long MULTIPLIER = new SplittableRandom().nextLong() | 1;

    /** Each key before its value, so that a look-up is one line of the cache. */
    private long[] entries;

    private int mask;
    private int size;

    /** @param capacity how many entries will probably be put */
    LongTable(int capacity) {
        entries = cleared(Integer.highestOneBit(Math.max(capacity, 4)) << 2);
        mask = entries.length / 2 - 1;
    }

    private static long[] cleared(int slots) {
        long[] entries = new long[2 * slots];
        Arrays.fill(entries, ABSENT);
        return entries;
    }

    int size() {
        return size;
    }

    /** Adds an entry; whether the key is new. An old value stays. */
    boolean put(long key, long value) {
        int at = find(key);
        if (entries[at] == key) {
            return false;
        }
        entries[at] = key;
        entries[at + 1] = value;
        if (++size > mask / 2) {
            grow();
        }
        return true;
    }

    /** The value, or {@link #ABSENT}. */
    long get(long key) {
        return entries[find(key) + 1];
    }

    /** Where the key is, or where it would be put; there the value is {@link #ABSENT}. */
    private int find(long key) {
        long[] table = entries;
        long mixed = key * MULTIPLIER;
        int slot = (int) (mixed ^ (mixed >>> 32)) & mask;
        while (table[2 * slot] != key && table[2 * slot] != ABSENT) {
            slot = (slot + 1) & mask;
        }
        return 2 * slot;
    }

    private void grow() {
        long[] old = entries;
        entries = cleared(old.length);
        mask = entries.length / 2 - 1;
        for (int at = 0; at < old.length; at += 2) {
            if (old[at] != ABSENT) {
                int to = find(old[at]);
                entries[to] = old[at];
                entries[to + 1] = old[at + 1];
            }
        }
    }
}
