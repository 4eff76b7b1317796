package dev.tramontane.structure;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * A {@link Network} made deterministic as far as texts go: states and their successors are made when they are first met, kept up to a number of
 * bytes, and then forgotten all together. Whoever calls holds the machine's lock; what a state knows may be read without.
 */
final class Machine {
    /** Every byte that the UTF-8 of {@link CodePoints#PLAIN} may have. */
    static final ByteSet PLAIN_BYTES = ByteSet.range(0x20, 0x21)
            .or(ByteSet.range(0x23, 0x5b))
            .or(ByteSet.range(0x5d, 0xbf))
            .or(ByteSet.range(0xc2, 0xf4));

    static final ByteSet ALL_BYTES = ByteSet.range(0, 0xff);

    private final Network network;
    private final StructureLimits limits;
    private final int reach;
    private final Map<Frame, Frame> frames = new HashMap<>();
    private final Map<State, State> states = new HashMap<>();
    private final State start;
    private int nextFrame = 1;
    private long bytes;
    private int made;
    private long movesLeft;

    /** @param longest token of the vocabulary, in bytes: what no token can tell apart shares a mask */
    Machine(Network network, StructureLimits limits, int longest) {
        this.network = network;
        this.limits = limits;
        this.reach = longest + 1;
        this.movesLeft = limits.moves();
        Closure closure = new Closure(network, limits, movesLeft);
        closure.from(network.start(), Frame.ROOT);
        this.start = kept(closure.state(this::kept));
    }

    Network network() {
        return network;
    }

    State start() {
        return start;
    }

    /** Bytes of heap that states, rows, frames and masks take, about. */
    long bytes() {
        return bytes;
    }

    /**
     * Called before a piece of work with the state that it begins at: forgets everything where too much is kept, and counts the states of
     * this piece from here.
     *
     * @return the state to work with, which is equal
     */
    State begin(State state) {
        return begin(state, limits.moves());
    }

    /** The same with so many moves for this piece of work, as far as the limits allow. */
    State begin(State state, int moves) {
        made = 0;
        movesLeft = Math.min(moves, limits.moves());
        if (bytes > limits.cacheBytes()) {
            for (State each : states.values()) {
                each.row = null;
                each.mask = null;
            }
            states.clear();
            frames.clear();
            bytes = 0;
        }
        State known = states.putIfAbsent(state, state);
        return known == null ? state : known;
    }

    /** The state after a byte of a class, and the way there kept. */
    State next(State state, int byteClass) {
        @SuppressWarnings("NullAway") // an array with gaps
        State[] row = state.row;
        if (row == null) {
            row = row(state);
            state.row = row;
        }
        State known = row[byteClass];
        if (known == null) {
            known = step(state, byteClass);
            row[byteClass] = known;
        }
        return known;
    }

    @SuppressWarnings("NullAway") // an array with gaps
    private State[] row(State state) {
        State[] row = new State[network.samples().length];
        bytes += 16 + 4L * row.length;
        for (int each = 0; each < row.length; each++) {
            boolean read = false;
            for (int node : state.nodes) {
                read |= network.set(node).contains(network.samples()[each]);
            }
            if (!read) {
                row[each] = State.DEAD;
            }
        }
        return row;
    }

    /** The same for those who pass only once: the way is not kept, but taken where somebody else has left it. */
    State pass(State state, int byteClass) {
        @SuppressWarnings("NullAway") // an array with gaps
        State[] row = state.row;
        State known = row == null ? null : row[byteClass];
        return known == null ? step(state, byteClass) : known;
    }

    /** The state after a byte of a class, found out anew. */
    State step(State state, int byteClass) {
        Closure closure = new Closure(network, limits, movesLeft);
        boolean read = false;
        for (int at = 0; at < state.nodes.length; at++) {
            int node = state.nodes[at];
            if (network.set(node).contains(network.samples()[byteClass])) {
                closure.from(network.next()[node], state.frames[at]);
                read = true;
            }
        }
        if (!read) {
            return State.DEAD;
        }
        State reached = closure.state(this::kept);
        movesLeft = closure.movesLeft();
        return kept(reached);
    }

    /** Finds out what {@link State#plain} and {@link State#plainAtMost} say. */
    private void lookForPlain(State state) {
        int readers = 0;
        int own = 0;
        for (int at = 0; at < state.nodes.length; at++) {
            Frame frame = state.frames[at];
            state.plain = Math.max(state.plain, network.plain()[state.nodes[at]]);
            readers += network.set(state.nodes[at]).and(PLAIN_BYTES).isEmpty() ? 0 : 1;
            if (frame.loop >= 0
                    && network.loops().get(frame.loop).plain() == state.nodes[at]
                    && frame.left > state.plain) {
                state.plain = frame.left;
                // Where a round may still be missing, what follows the loop isn't among the state's nodes yet.
                own = frame.need == 0 ? network.loops().get(frame.loop).starts() : 0;
            }
        }
        state.plainAtMost = readers == own;
    }

    void keep(State state, Mask mask) {
        state.mask = mask;
        bytes += mask.bytes();
    }

    private State kept(State state) {
        State known = states.get(state);
        if (known != null) {
            return known;
        }
        if (++made > limits.states()) {
            throw new WorkExceededException("states for one token", limits.states());
        }
        lookForPlain(state);
        states.put(state, state);
        bytes += state.bytes() + 48;
        if (!Arrays.stream(state.frames).allMatch(Frame::isClamped)) {
            state.canonical = kept(clamped(state));
        }
        return state;
    }

    private static State clamped(State state) {
        Ways ways = new Ways();
        for (int at = 0; at < state.nodes.length; at++) {
            ways.add(state.nodes[at], state.frames[at].clamped);
        }
        return new State(ways.nodes(), ways.frames(), state.complete);
    }

    private Frame kept(Frame wanted) {
        Frame known = frames.get(wanted);
        if (known != null) {
            return known;
        }
        int[] nodes = new int[wanted.returns()];
        Frame[] parents = new Frame[wanted.returns()];
        Ways cut = new Ways();
        for (int way = 0; way < nodes.length; way++) {
            nodes[way] = wanted.node(way);
            parents[way] = wanted.parent(way);
            cut.add(nodes[way], parents[way].clamped);
        }
        Frame frame = new Frame(nextFrame++, wanted.loop, wanted.need, wanted.left, nodes, parents);
        frames.put(frame, frame);
        bytes += frame.bytes() + 48;
        int need = Math.min(wanted.need, reach);
        int left = wanted.left == Expression.UNBOUNDED ? wanted.left : Math.min(wanted.left, reach);
        Frame clamped = new Frame(-1, wanted.loop, need, left, cut.nodes(), cut.frames());
        if (!clamped.equals(frame)) {
            frame.clamped = kept(clamped);
        }
        return frame;
    }

    /** Nodes with frames, each once, in the order that equality wants. */
    private static final class Ways {
        private record Way(int node, Frame frame) {}

        private final TreeSet<Way> ways = new TreeSet<>((some, other) -> {
            int byNode = Integer.compare(some.node, other.node);
            return byNode != 0 ? byNode : Integer.compare(some.frame.id, other.frame.id);
        });

        void add(int node, Frame frame) {
            ways.add(new Way(node, frame));
        }

        int[] nodes() {
            return ways.stream().mapToInt(Way::node).toArray();
        }

        Frame[] frames() {
            return ways.stream().map(Way::frame).toArray(Frame[]::new);
        }
    }
}
