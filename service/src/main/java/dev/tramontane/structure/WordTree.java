package dev.tramontane.structure;

import java.util.Arrays;
import java.util.List;

/** The common beginnings of byte strings. Node 0 is the empty beginning; a node's number is above its parent's. */
final class WordTree {
    private final int[] values;
    private final int[] children;
    private final int[] siblings;
    private final boolean[] ends;
    private int size = 1;

    WordTree(List<byte[]> words) {
        int most = 1 + words.stream().mapToInt(word -> word.length).sum();
        values = new int[most];
        children = new int[most];
        siblings = new int[most];
        ends = new boolean[most];
        Arrays.fill(children, -1);
        Arrays.fill(siblings, -1);
        words.stream().sorted(Arrays::compareUnsigned).forEach(this::add);
    }

    /** In rising order, so that a word continues in the newest child or in none. */
    private void add(byte[] word) {
        int at = 0;
        for (byte value : word) {
            int child = children[at];
            if (child < 0 || values[child] != (value & 0xff)) {
                values[size] = value & 0xff;
                siblings[size] = child;
                children[at] = size;
                child = size++;
            }
            at = child;
        }
        ends[at] = true;
    }

    int size() {
        return size;
    }

    int value(int node) {
        return values[node];
    }

    boolean ends(int node) {
        return ends[node];
    }

    /** -1 where there is none, as of siblings. */
    int firstChild(int node) {
        return children[node];
    }

    int nextSibling(int node) {
        return siblings[node];
    }
}
