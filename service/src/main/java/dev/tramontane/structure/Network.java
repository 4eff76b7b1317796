package dev.tramontane.structure;

import java.util.List;

/**
 * Which bytes may follow which: nodes that read a byte of a set, branch, or begin a counted loop. A loop's body stands once, whatever its
 * count, and a rule's body stands once, wherever it is called from: it is a loop of one round. Every node that is left can still be followed to the end, so no text that is begun can't be finished. Immutable.
 *
 * @param start node before the first byte
 * @param kinds one of the constants
 * @param values of a node that reads: its set's index in {@code sets}; that branches: its index in {@code branches}; of a loop: its index
 * @param next of a node that reads or is a loop: what follows
 * @param plain of a node that begins a character: how many of {@link CodePoints#PLAIN} may follow from here, whatever they are, as far as that is known
 * @param classes class of each byte: bytes of one class are in the same sets
 * @param samples a byte of each class
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Network(
        int start,
        byte[] kinds,
        int[] values,
        int[] next,
        int[] plain,
        List<ByteSet> sets,
        int[][] branches,
        List<Loop> loops,
        int[] classes,
        int[] samples) {
    static final byte READ = 0;
    static final byte BRANCH = 1;
    static final byte LOOP = 2;
    /** The end of a loop's body, or of the whole. */
    static final byte RETURN = 3;

    /** The only node of its kind. */
    static final int RETURN_NODE = 0;

    /**
     * A counted loop.
     *
     * @param entry node before its body
     * @param plain a node that only the beginning of a body reads, in loops whose body takes any of {@link CodePoints#PLAIN}; -1 in others
     * @param starts how many nodes begin a character of such a body
     */
    record Loop(int entry, int least, int most, int plain, int starts) {}

    /** Bytes of heap, about. */
    long bytes() {
        long ways = 0;
        for (int[] branch : branches) {
            ways += 16 + 4L * branch.length;
        }
        return 4096 + 13L * kinds.length + ways + (64L + samples.length / 8) * sets.size() + 40L * loops.size();
    }

    /** Of each set: which classes are in it, as bits. */
    long[][] classesOfSets() {
        long[][] all = new long[sets.size()][(samples.length + 63) >> 6];
        for (int set = 0; set < all.length; set++) {
            for (int each = 0; each < samples.length; each++) {
                if (sets.get(set).contains(samples[each])) {
                    all[set][each >> 6] |= 1L << each;
                }
            }
        }
        return all;
    }

    ByteSet set(int node) {
        return sets.get(values[node]);
    }
}
