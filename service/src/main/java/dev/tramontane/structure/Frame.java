package dev.tramontane.structure;

import java.util.Arrays;

/**
 * How often a loop still goes round, and where texts go on after it: what a stack would hold, shared by all who came to the loop at one
 * byte. Equal frames of one machine are one object. Immutable.
 */
final class Frame extends Level {
    /** Of the text itself: returning to it completes the text. */
    static final Frame ROOT = new Frame(0, -1, 0, 0, new int[0], new Frame[0]);

    final int loop;
    /** Rounds that are missing, this one included. */
    final int need;
    /** Rounds that are allowed, this one included; {@link Expression#UNBOUNDED} without end. */
    final int left;

    private final int[] nodes;
    private final Frame[] parents;
    private final int hash;

    /** The same with counts cut to what one token can tell apart; itself where that changes nothing. Set once, when it is made. */
    Frame clamped = this;

    /** Likewise, to what a token that isn't plain can tell apart. */
    Frame clampedForOthers = this;

    Frame(int id, int loop, int need, int left, int[] nodes, Frame[] parents) {
        super(id);
        this.loop = loop;
        this.need = need;
        this.left = left;
        this.nodes = nodes;
        this.parents = parents;
        int sum = 31 * (31 * loop + need) + left;
        for (int at = 0; at < nodes.length; at++) {
            sum = 31 * (31 * sum + nodes[at]) + parents[at].id;
        }
        this.hash = sum;
    }

    /** Whether this is its last round, as the only one of a called rule is: at its end its ways lead on, and nothing else does. */
    boolean isCall() {
        return left == 1;
    }

    /** How many ways lead on after the loop. */
    int returns() {
        return nodes.length;
    }

    int node(int way) {
        return nodes[way];
    }

    Frame parent(int way) {
        return parents[way];
    }

    /** Bytes of heap, about. */
    long bytes() {
        return 120 + 12L * nodes.length;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Frame frame
                && frame.loop == loop
                && frame.need == need
                && frame.left == left
                && Arrays.equals(frame.nodes, nodes)
                && same(frame.parents, parents);
    }

    @SuppressWarnings("ReferenceEquality") // equal frames of one machine are one object
    boolean isClamped(Clamp clamp) {
        return clamped(clamp) == this;
    }

    Frame clamped(Clamp clamp) {
        return clamp == Clamp.ALL ? clamped : clampedForOthers;
    }

    Frame numbered(int number) {
        return new Frame(number, loop, need, left, nodes, parents);
    }

    /** Whether two arrays hold the same objects. */
    @SuppressWarnings("ReferenceEquality") // equal frames of one machine are one object
    static boolean same(Frame[] some, Frame[] others) {
        if (some.length != others.length) {
            return false;
        }
        for (int at = 0; at < some.length; at++) {
            if (some[at] != others[at]) {
                return false;
            }
        }
        return true;
    }
}
