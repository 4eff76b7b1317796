package dev.tramontane.structure;

import java.util.Arrays;

/** A set of nodes, each with its level, in the order in which they were added. Made for sets of a few as well as of thousands. */
final class Ways {
    private static final int FEW = 8;
    private static final int LARGE = 1024;

    private int[] nodes = new int[FEW];
    private Level[] levels = new Level[FEW];
    private int size;
    /** Positions + 1 by hash, with open addressing; not used while there are few. */
    private int[] table = new int[0];

    /** @return whether it is new */
    boolean add(int node, Level level) {
        if (contains(node, level)) {
            return false;
        }
        if (size == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * size);
            levels = Arrays.copyOf(levels, 2 * size);
        }
        nodes[size] = node;
        levels[size++] = level;
        if (size == FEW + 1 || (size > FEW && 4 * size > table.length)) {
            index();
        } else if (size > FEW) {
            table[slot(node, level)] = size;
        }
        return true;
    }

    private void index() {
        if (4 * size > table.length) {
            table = new int[Math.max(64, 2 * table.length)];
        }
        for (int at = 0; at < size; at++) {
            table[slot(nodes[at], levels[at])] = at + 1;
        }
    }

    private boolean contains(int node, Level level) {
        if (size > FEW) {
            return table[slot(node, level)] != 0;
        }
        for (int at = 0; at < size; at++) {
            if (is(at, node, level)) {
                return true;
            }
        }
        return false;
    }

    private boolean is(int at, int node, Level level) {
        return nodes[at] == node && levels[at].id == level.id;
    }

    /** Where it stands in the table, or would. */
    private int slot(int node, Level level) {
        int hash = (31 * node + level.id) * 0x9e3779b9;
        int slot = (hash ^ (hash >>> 16)) & (table.length - 1);
        while (table[slot] != 0 && !is(table[slot] - 1, node, level)) {
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }

    /** What was large is given back. */
    void clear() {
        if (size > LARGE) {
            nodes = new int[FEW];
            levels = new Level[FEW];
            table = new int[0];
        } else {
            if (size > FEW) {
                Arrays.fill(table, 0);
            }
            Arrays.fill(levels, 0, size, null);
        }
        size = 0;
    }

    int size() {
        return size;
    }

    int node(int at) {
        return nodes[at];
    }

    Level level(int at) {
        return levels[at];
    }

    /** By node and then by frame, as equality wants it; all levels are frames. */
    void sort() {
        long[] keys = new long[size];
        for (int at = 0; at < size; at++) {
            keys[at] = key(at);
        }
        Arrays.sort(keys);
        Level[] before = Arrays.copyOf(levels, size);
        int[] places = new int[size];
        for (int at = 0; at < size; at++) {
            places[at] = Arrays.binarySearch(keys, key(at));
        }
        for (int at = 0; at < size; at++) {
            levels[places[at]] = before[at];
            nodes[at] = (int) (keys[at] >> 32);
        }
    }

    private long key(int at) {
        return (long) nodes[at] << 32 | (levels[at].id & 0xffffffffL);
    }

    int[] nodes() {
        return Arrays.copyOf(nodes, size);
    }

    /** All levels are frames. */
    Frame[] frames() {
        Frame[] frames = new Frame[size];
        for (int at = 0; at < size; at++) {
            frames[at] = (Frame) levels[at];
        }
        return frames;
    }
}
