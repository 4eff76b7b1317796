package dev.tramontane.structure;

import java.util.Arrays;
import java.util.List;

/**
 * What an answer must be, for one vocabulary. Any thread and any number of sequences at a time: they share what they find out. Making masks takes
 * up to milliseconds, so never on an event loop.
 */
public final class Structure {
    /** Of the vocabulary: to look at so many takes about as long as a move. */
    static final int NODES_OF_A_MOVE = 16;

    /** Nodes of a branch for which it is looked up whether it is whole by {@link Runs}. */
    private static final int WORTH_A_LOOK = 16;

    private final TokenTree tokens;
    private final Machine machine;
    private final long[] scratch;

    /** Of what never changes. */
    private final long fixedBytes;

    private long masksMade;
    /** Nodes of the vocabulary that were looked at for the mask at hand. */
    private int looks;

    private Structure(Expression expression, TokenTree tokens, StructureLimits limits) {
        this.tokens = tokens;
        Network network = NetworkBuilder.build(expression, tokens.single(), limits.nodes());
        try {
            this.machine = new Machine(network, limits, tokens.longest());
        } catch (WorkExceededException ambiguous) {
            throw new StructureException("", String.valueOf(ambiguous.getMessage()));
        }
        this.scratch = new long[(tokens.tokens() + 63) / 64];
        this.fixedBytes = network.bytes() + 8L * scratch.length;
    }

    /**
     * What a form means. {@link Structures} does the same and keeps what it made.
     *
     * @throws StructureException where it is wrong, not supported or too large, or no text fits
     */
    public static Structure of(Form form, TokenTree tokens, StructureLimits limits) {
        FormKey.of(form, limits);
        return new Structure(FormExpressions.of(form, limits), tokens, limits);
    }

    /**
     * One of these texts.
     *
     * @throws StructureException where there are none, they are too long together, or none can be spelled in this vocabulary
     */
    public static Structure choice(List<String> choices, TokenTree tokens, StructureLimits limits) {
        return of(new Form.Choice(choices), tokens, limits);
    }

    /**
     * A text that a regular expression matches from its beginning to its end: see {@link RegexReader} for the dialect.
     *
     * @throws StructureException where it is wrong, not supported or too large, or nothing matches
     */
    public static Structure regex(String pattern, TokenTree tokens, StructureLimits limits) {
        return of(new Form.Regex(pattern), tokens, limits);
    }

    static void checkLength(long length, StructureLimits limits) {
        if (length > limits.sourceCharacters()) {
            throw new StructureException(
                    "", "it has " + length + " characters; at most " + limits.sourceCharacters() + " are read");
        }
    }

    /**
     * At the beginning of a text.
     *
     * @param ends ids that end an answer: allowed where the text is complete, and nowhere else
     */
    public Matcher matcher(int... ends) {
        for (int end : ends) {
            if (end < 0 || end >= tokens.tokens()) {
                throw new IllegalArgumentException("token " + end + " of " + tokens.tokens());
            }
        }
        return new Matcher(this, machine.start(), ends.clone());
    }

    int maskWords() {
        return scratch.length;
    }

    /** Bytes of heap that all of it takes at present, about, without its vocabulary. */
    public long bytes() {
        return fixedBytes + cachedBytes();
    }

    /** Bytes of heap that its states and masks take at present, about; what is forgotten beyond its limit is made anew. */
    public long cachedBytes() {
        synchronized (machine) {
            return machine.bytes();
        }
    }

    /** Masks that were computed since it was compiled, as opposed to found. */
    long masksMade() {
        synchronized (machine) {
            return masksMade;
        }
    }

    /** A mask, and the moves that it took. */
    record Made(Mask mask, int moves) {}

    Made mask(State state, int moves) {
        Mask known = state.canonical.mask;
        if (known != null) {
            return new Made(known, 0);
        }
        synchronized (machine) {
            State here = machine.begin(state.canonical, moves);
            Mask found = here.mask;
            if (found != null) {
                return new Made(found, 0);
            }
            looks = 0;
            Mask made = walk(here);
            masksMade++;
            machine.keep(here, made);
            return new Made(made, machine.moves() + looks / NODES_OF_A_MOVE);
        }
    }

    /** Goes through the vocabulary's tree with the state before each node at hand, leaving out what the structure doesn't read. */
    @SuppressWarnings("ReferenceEquality") // there is one dead state
    private Mask walk(State from) {
        TokenTree tree = tokens.withoutPlain();
        if (from.plain >= tokens.longestPlain()) {
            tokens.writePlain(scratch);
        } else if (from.plain > 0 && from.plainAtMost && tokens.countsPlain(from.plain)) {
            tokens.writePlain(scratch, from.plain);
        } else {
            Arrays.fill(scratch, 0);
            tree = tokens;
        }
        int[] classes = machine.network().classes();
        State[] path = new State[tokens.longest() + 1];
        path[0] = from;
        int at = 0;
        while (at < tree.size()) {
            looks++;
            long node = tree.node(at);
            int depth = TokenTree.depth(node);
            int branch = TokenTree.branch(node);
            State state = machine.next(path[depth - 1], classes[TokenTree.value(node)]);
            if (state == State.DEAD) {
                at += branch;
            } else if (branch > 1 && isWhole(tree, at, state)) {
                tree.write(at, scratch);
                at += branch;
            } else {
                int id = TokenTree.token(node);
                if (id >= 0) {
                    scratch[id >> 6] |= 1L << id;
                }
                path[depth] = state;
                at++;
            }
        }
        tree.writeTwins(scratch);
        return Mask.of(scratch);
    }

    /** Whether all tokens of a branch fit, of whose first node the state after is given. */
    private boolean isWhole(TokenTree tree, int at, State state) {
        long node = tree.node(at);
        return (TokenTree.plain(node) && state.plain >= tree.height(at))
                || (TokenTree.branch(node) >= WORTH_A_LOOK
                        && machine.runs().allows(state, tree.groups(at), tree.height(at)));
    }

    /** The state after a token; {@link State#DEAD} where it doesn't fit. */
    State after(State state, int token) {
        byte[] bytes = token < 0 || token >= tokens.tokens() ? new byte[0] : tokens.bytes(token);
        if (bytes.length == 0) {
            return State.DEAD;
        }
        synchronized (machine) {
            State reached = machine.begin(state);
            for (int at = 0; at < bytes.length && !reached.isDead(); at++) {
                reached = machine.pass(reached, machine.network().classes()[bytes[at] & 0xff]);
            }
            return reached;
        }
    }
}
