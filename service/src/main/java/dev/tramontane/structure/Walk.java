package dev.tramontane.structure;

import java.util.Arrays;

/**
 * A mask that is being made: goes through the vocabulary's tree with the state before each node at hand, leaving out what the structure doesn't read. Its work is that of the machine,
 * {@value #NODES_OF_A_MOVE} nodes a move; where that ends before the tree does, it is gone on with later. Under the machine's lock.
 */
final class Walk {
    /** To look at so many takes about as long as a move. */
    static final int NODES_OF_A_MOVE = 16;

    /** Nodes of a branch for which it is looked up whether it is whole by {@link Runs}. */
    private static final int WORTH_A_LOOK = 16;

    private final Machine machine;
    private final TokenTree tree;
    private final int[] classes;
    private long[] words;
    /** The states before nodes, by their depth. */
    private final State[] path;

    private int at;
    private int looks;

    /** @param scratch words for whichever walk goes on at present */
    Walk(State from, TokenTree tree, Machine machine, long[] scratch) {
        this.machine = machine;
        this.classes = machine.network().classes();
        this.words = scratch;
        this.tree = tree;
        this.path = new State[tree.longest() + 1];
        path[0] = from;
        Arrays.fill(words, 0);
    }

    /** Whether it is of the mask of a state, by its nodes and frames as they are now, and of the tokens of a tree. */
    @SuppressWarnings(
            "ReferenceEquality") // there are two trees for a vocabulary, and equal states of one machine are one object
    boolean isOf(State state, TokenTree of) {
        return tree == of && machine.current(path[0]) == state;
    }

    /** @throws WorkExceededException where the machine has no moves left; then it can be gone on with */
    @SuppressWarnings("ReferenceEquality") // there is one dead state
    void go() {
        for (int depth = 0; depth < path.length && path[depth] != null; depth++) {
            path[depth] = machine.current(path[depth]);
        }
        while (at < tree.size()) {
            if (looks++ % NODES_OF_A_MOVE == 0) {
                machine.move();
            }
            long node = tree.node(at);
            int depth = TokenTree.depth(node);
            int branch = TokenTree.branch(node);
            State state = machine.next(path[depth - 1], classes[TokenTree.value(node)]);
            if (state == State.DEAD) {
                at += branch;
            } else if (branch > 1 && isWhole(at, state)) {
                tree.write(at, words);
                at += branch;
            } else {
                int id = TokenTree.token(node);
                if (id >= 0) {
                    words[id >> 6] |= 1L << id;
                }
                path[depth] = state;
                at++;
            }
        }
    }

    /** Whether all tokens of a branch fit, of whose first node the state after is given. */
    private boolean isWhole(int first, State state) {
        long node = tree.node(first);
        return (TokenTree.plain(node) && state.plain >= tree.height(first))
                || (TokenTree.branch(node) >= (state.run < 0 ? WORTH_A_LOOK : 2)
                        && machine.runs().allows(state, tree.groups(first), tree.height(first)));
    }

    /** Others use the words from here on. */
    void leave() {
        words = words.clone();
    }

    /** What was found, once all was gone through. */
    Mask mask() {
        tree.writeTwins(words);
        return Mask.of(words);
    }
}
