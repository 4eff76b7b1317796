package dev.tramontane.engine;

/**
 * What the masks of one step may cost, all together: work that is counted and not timed. A mask that needs more goes on in the next step, so however many answers
 * come to new places at once, no step waits for more than this. Engine thread only.
 */
public final class MaskWork {
    /** Of one mask in one step: some milliseconds. A unit is a move between two places of a structure, or sixteen nodes of the vocabulary that are looked at. */
    public static final int MASK = 1 << 16;

    /** Of all masks in one step: half of it in equal shares, the rest for those that need more. */
    public static final int STEP = 2 * MASK;

    private int left;

    /** With so much left. */
    public MaskWork(int left) {
        this.left = left;
    }

    /** What may be spent on the mask at hand. */
    public int left() {
        return left;
    }

    /** Also what is more than there was left. */
    public void spend(int work) {
        left -= work;
    }
}
