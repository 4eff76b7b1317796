package dev.tramontane.structure;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One sequence's place in a {@link Structure}. One thread at a time. Takes two kilobytes, beside what its structure keeps, and while a mask is made in several steps a bit for each token.
 *
 * <p>While the text isn't complete, at least one token fits: every byte that may follow is a token by itself. Where it is complete, an end fits.
 */
public final class Matcher {
    /** How many tokens can be taken back. */
    public static final int HISTORY = 256;

    private final Structure structure;
    private final int[] ends;
    /** States by the number of tokens before them, each at the place of its number modulo the length. */
    private final State[] states = new State[HISTORY + 1];

    private long taken;
    private boolean ended;

    /** A mask that took more moves than there were, as far as it is. */
    @Nullable
    private Walk begun;

    Matcher(Structure structure, State start, int[] ends) {
        this.structure = structure;
        this.ends = ends;
        Arrays.fill(states, State.DEAD);
        states[0] = start;
    }

    private State state() {
        return states[(int) (taken % states.length)];
    }

    /**
     * Says which tokens may follow: bit {@code id % 64} of word {@code id / 64}.
     *
     * @param words of {@link #maskWords}; all are written
     * @throws WorkExceededException where the structure is too ambiguous here; nothing is changed
     */
    public void mask(long[] words) {
        mask(words, Integer.MAX_VALUE);
    }

    /**
     * The same with a limit of moves that may be lower than the structure's own: for who can wait and ask again. What was found out is kept, so
     * that it is then gone on with, unless the structure has to forget meanwhile.
     *
     * @return what it took, the vocabulary's nodes that were looked at included, {@value Walk#NODES_OF_A_MOVE} for a move; 0 where the mask was known
     * @throws WorkExceededException where it takes more; nothing is changed
     */
    public int mask(long[] words, int moves) {
        if (words.length != structure.maskWords()) {
            throw new IllegalArgumentException(words.length + " words, not " + structure.maskWords());
        }
        if (ended) {
            Arrays.fill(words, 0);
            return 0;
        }
        int took = structure.mask(state(), moves, words, this);
        if (state().complete) {
            for (int end : ends) {
                words[end >> 6] |= 1L << end;
            }
        }
        return took;
    }

    /** Length of the words that {@link #mask} fills. */
    public int maskWords() {
        return structure.maskWords();
    }

    /**
     * Takes a token.
     *
     * @return whether it fits; where not, nothing is changed
     * @throws WorkExceededException as {@link #mask} does
     */
    public boolean accept(int token) {
        return accept(token, Integer.MAX_VALUE);
    }

    /**
     * The same with a limit of moves that may be lower than the structure's own.
     *
     * @throws WorkExceededException where it takes more; nothing is changed
     */
    public boolean accept(int token, int moves) {
        if (ended) {
            return false;
        }
        boolean end = state().complete && Arrays.stream(ends).anyMatch(each -> each == token);
        State next = end ? state() : structure.after(state(), token, moves);
        if (next.isDead()) {
            return false;
        }
        taken++;
        states[(int) (taken % states.length)] = next;
        ended = end;
        return true;
    }

    /** Another at the same place, which goes its own way; nothing before can be taken back of it. */
    public Matcher fork() {
        Matcher fork = new Matcher(structure, state(), ends);
        fork.ended = ended;
        return fork;
    }

    /** Takes back the last tokens, an end included: at most {@link #HISTORY} of them. */
    public void rollback(int tokens) {
        if (tokens < 0 || tokens > taken || tokens > HISTORY) {
            throw new IllegalArgumentException(tokens + " of " + taken + " tokens");
        }
        State back = states[(int) ((taken - tokens) % states.length)];
        if (back.isDead()) {
            throw new IllegalArgumentException(tokens + " tokens, more than are still known");
        }
        for (long at = taken - tokens + 1; at <= taken; at++) {
            states[(int) (at % states.length)] = State.DEAD;
        }
        taken -= tokens;
        ended = ended && tokens == 0;
    }

    /** Whether the text may end here. */
    public boolean isComplete() {
        return state().complete;
    }

    /** Whether nothing may follow but an end. */
    public boolean isFinished() {
        return ended || state().nodes.length == 0;
    }

    /** What was begun of a mask; it is kept no longer. Null where nothing was. */
    @Nullable
    Walk takeBegun() {
        Walk taken = begun;
        begun = null;
        return taken;
    }

    void keepBegun(Walk walk) {
        begun = walk;
    }
}
