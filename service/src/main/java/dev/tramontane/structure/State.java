package dev.tramontane.structure;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where a text is: the nodes that may read its next byte, each with its frame. Equal states of one machine are one object until the
 * machine forgets. What is found out of a state is kept in it: written under the machine's lock, read without, and null where it isn't known.
 */
final class State {
    /** No text of the structure begins so. */
    static final State DEAD = new State(new int[0], new Frame[0], false);

    final int[] nodes;
    final Frame[] frames;
    /** Whether the text may end here. */
    final boolean complete;

    /** The state whose mask this one has, or whose {@link #others} where it has a {@link #slice}: the same with counts cut to what one token can tell apart. */
    State canonical = this;

    /** By classes of bytes; states that are only passed once have none. */
    State @Nullable [] row;

    @Nullable
    Mask mask;

    /** Of the tokens that aren't plain, those that fit: what a mask has besides a slice of the plain ones. */
    @Nullable
    Mask others;

    /** Of its machine, when it was made: frames of an earlier one aren't known any more. */
    int generation;

    /** How many characters of {@link CodePoints#PLAIN} may follow, whatever they are. */
    int plain;

    /** Whether no plain token of more characters than that may follow. */
    boolean plainAtMost;

    /** Which plain tokens fit, where that is known beforehand, see {@link TokenTree#slice}. */
    int slice = TokenTree.NO_SLICE;

    /** Bytes that may follow, whatever they are, as far as they are of {@link #runGroups}; below 0 where nobody has looked. */
    int run = -1;

    /** As {@link ByteGroups} has them. */
    int runGroups;

    private final int hash;

    State(int[] nodes, Frame[] frames, boolean complete) {
        this.nodes = nodes;
        this.frames = frames;
        this.complete = complete;
        int sum = Arrays.hashCode(nodes) * 2 + (complete ? 1 : 0);
        for (Frame frame : frames) {
            sum = 31 * sum + frame.id;
        }
        this.hash = sum;
    }

    boolean isDead() {
        return nodes.length == 0 && !complete;
    }

    /** Bytes of heap, about, without row and mask. */
    long bytes() {
        return 128 + 8L * nodes.length;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof State state
                && state.complete == complete
                && Arrays.equals(state.nodes, nodes)
                && Frame.same(state.frames, frames);
    }
}
