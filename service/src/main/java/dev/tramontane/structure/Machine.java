package dev.tramontane.structure;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A {@link Network} made deterministic as far as texts go: states and their successors are made when they are first met, kept up to a number of
 * bytes, and then forgotten all together. Whoever calls holds the machine's lock; what a state knows may be read without.
 */
final class Machine {
    static final ByteSet ALL_BYTES = ByteSet.range(0, 0xff);

    /** Bytes that one may keep however much all of them do. */
    private static final int LITTLE = 1 << 18;

    private final Network network;
    private final StructureLimits limits;
    private final TokenTree tokens;
    private final Map<Frame, Frame> frames = new HashMap<>();
    private final Map<State, State> states = new HashMap<>();
    private final State start;
    private final Closure closure;
    /** Of each of the network's sets: its classes, as bits. */
    private final long[][] readable;

    private final int classWords;

    private final CacheMeter.Share share;
    private final PlainText plain;
    private final Runs runs;

    /** How often everything was forgotten. */
    private int generation;

    private int nextFrame = 1;
    private long bytes;
    private int made;
    private long movesLeft;
    private int movesGiven;

    /**
     * @param tokens of the vocabulary: what none can tell apart shares a mask
     * @param share of what all structures of a vocabulary keep
     */
    Machine(Network network, StructureLimits limits, TokenTree tokens, CacheMeter.Share share) {
        this.share = share;
        this.network = network;
        this.limits = limits;
        this.tokens = tokens;
        this.movesLeft = limits.moves();
        this.readable = network.classesOfSets();
        this.classWords = (network.samples().length + 63) >> 6;
        this.plain = new PlainText(network);
        this.runs = new Runs(this, network.classes());
        this.closure = new Closure(network, limits);
        closure.begin(movesLeft);
        closure.from(network.start(), Frame.ROOT);
        this.start = kept(closure.state(this::kept));
        share.set(bytes);
    }

    Runs runs() {
        return runs;
    }

    Network network() {
        return network;
    }

    State start() {
        return start;
    }

    /** Called behind a piece of work: says what is kept. */
    void end() {
        share.set(bytes);
    }

    /**
     * Called before a piece of work with the state that it begins at: forgets everything where too much is kept, and counts the states of
     * this piece from here.
     *
     * @param moves for this piece of work, as far as the limits allow
     * @return the state to work with, which is equal
     */
    State begin(State state, int moves) {
        made = 0;
        movesGiven = Math.min(moves, limits.moves());
        movesLeft = movesGiven;
        share.join();
        if (bytes > limits.cacheBytes() || (bytes > LITTLE && share.isCrowded())) {
            forget();
        }
        return current(state);
    }

    private void forget() {
        for (State each : states.values()) {
            each.row = null;
            each.mask = null;
            each.others = null;
        }
        states.clear();
        frames.clear();
        bytes = 0;
        generation++;
    }

    /** A state as it is now: of frames that are known, and counted, where those of before were forgotten. */
    State current(State state) {
        if (state.generation == generation || state.isDead()) {
            return state;
        }
        IdentityHashMap<Frame, Frame> renewed = new IdentityHashMap<>();
        for (Frame frame : older(state.frames)) {
            Ways ways = new Ways();
            for (int way = 0; way < frame.returns(); way++) {
                ways.add(frame.node(way), renewed.getOrDefault(frame.parent(way), Frame.ROOT));
            }
            ways.sort();
            renewed.put(frame, kept(new Frame(-1, frame.loop, frame.need, frame.left, ways.nodes(), ways.frames())));
        }
        Ways ways = new Ways();
        for (int at = 0; at < state.nodes.length; at++) {
            ways.add(state.nodes[at], renewed.getOrDefault(state.frames[at], Frame.ROOT));
        }
        ways.sort();
        return kept(new State(ways.nodes(), ways.frames(), state.complete));
    }

    /** All frames that some lead to, but the root, those that others lead to first: they were made first. */
    @SuppressWarnings("ReferenceEquality") // there is one root
    private static List<Frame> older(Frame[] of) {
        Set<Frame> found = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Frame> open = new ArrayDeque<>(Arrays.asList(of));
        while (!open.isEmpty()) {
            Frame frame = open.removeLast();
            if (frame != Frame.ROOT && found.add(frame)) {
                for (int way = 0; way < frame.returns(); way++) {
                    open.add(frame.parent(way));
                }
            }
        }
        return found.stream().sorted(Comparator.comparingInt(frame -> frame.id)).toList();
    }

    /** Those of the piece of work that was begun last. */
    int moves() {
        return (int) (movesGiven - movesLeft);
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
            fill(state, row, byteClass, known);
        }
        return known;
    }

    /** Classes that the same nodes read lead to the same state. */
    private void fill(State state, State[] row, int byteClass, State to) {
        for (int word = 0; word < classWords; word++) {
            long alike = -1;
            for (int node : state.nodes) {
                long[] its = readable[network.values()[node]];
                alike &= (its[byteClass >> 6] >>> byteClass & 1) != 0 ? its[word] : ~its[word];
            }
            for (long rest = alike; rest != 0; rest &= rest - 1) {
                int each = 64 * word + Long.numberOfTrailingZeros(rest);
                if (each < row.length) {
                    row[each] = to;
                }
            }
        }
    }

    @SuppressWarnings("NullAway") // an array with gaps
    private State[] row(State state) {
        State[] row = new State[network.samples().length];
        bytes += 16 + 4L * row.length;
        long[] read = new long[classWords];
        for (int node : state.nodes) {
            long[] its = readable[network.values()[node]];
            for (int word = 0; word < read.length; word++) {
                read[word] |= its[word];
            }
        }
        for (int each = 0; each < row.length; each++) {
            if ((read[each >> 6] >>> each & 1) == 0) {
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
        boolean read = false;
        for (int at = 0; at < state.nodes.length; at++) {
            int node = state.nodes[at];
            if ((readable[network.values()[node]][byteClass >> 6] >>> byteClass & 1) != 0) {
                if (!read) {
                    closure.begin(movesLeft);
                    read = true;
                }
                closure.from(network.next()[node], state.frames[at]);
            }
        }
        if (!read) {
            return State.DEAD;
        }
        State reached = closure.state(this::kept);
        movesLeft = closure.movesLeft();
        return reached.isDead() ? State.DEAD : kept(reached);
    }

    /** @param others whether only tokens that aren't plain are in it */
    void keep(State state, Mask mask, boolean others) {
        if (others) {
            state.others = mask;
        } else {
            state.mask = mask;
        }
        bytes += mask.bytes();
    }

    /** A move that is none between positions. */
    void move() {
        if (--movesLeft < 0) {
            throw new WorkExceededException("moves for one mask", limits.moves());
        }
    }

    private State kept(State state) {
        State known = states.get(state);
        if (known != null) {
            return known;
        }
        if (++made > limits.states()) {
            throw new WorkExceededException("states for one token", limits.states());
        }
        plain.lookAt(state);
        state.generation = generation;
        states.put(state, state);
        bytes += state.bytes() + 48;
        state.slice = tokens.slice(state.plain, state.plainAtMost);
        Clamp clamp = state.slice == TokenTree.NO_SLICE ? Clamp.ALL : Clamp.OTHERS;
        if (!allClamped(state, clamp)) {
            state.canonical = kept(clamped(state, clamp));
        }
        return state;
    }

    private static boolean allClamped(State state, Clamp clamp) {
        for (Frame frame : state.frames) {
            if (!frame.isClamped(clamp)) {
                return false;
            }
        }
        return true;
    }

    private static State clamped(State state, Clamp clamp) {
        Ways ways = new Ways();
        for (int at = 0; at < state.nodes.length; at++) {
            ways.add(state.nodes[at], state.frames[at].clamped(clamp));
        }
        ways.sort();
        return new State(ways.nodes(), ways.frames(), state.complete);
    }

    private Frame kept(Frame wanted) {
        Frame known = frames.get(wanted);
        if (known != null) {
            return known;
        }
        Frame frame = wanted.numbered(nextFrame++);
        frames.put(frame, frame);
        bytes += frame.bytes() + 48;
        frame.clamped = clamped(frame, Clamp.ALL, tokens.longest() + 1);
        frame.clampedForOthers =
                clamped(frame, Clamp.OTHERS, tokens.withoutPlain().longest() + 1);
        return frame;
    }

    /** @param reach what one token can't tell apart from more */
    private Frame clamped(Frame frame, Clamp clamp, int reach) {
        Ways cut = new Ways();
        for (int way = 0; way < frame.returns(); way++) {
            cut.add(frame.node(way), frame.parent(way).clamped(clamp));
        }
        cut.sort();
        int need = Math.min(frame.need, reach);
        int left = frame.left == Expression.UNBOUNDED ? frame.left : Math.min(frame.left, reach);
        Frame clamped = new Frame(-1, frame.loop, need, left, cut.nodes(), cut.frames());
        return clamped.equals(frame) ? frame : kept(clamped);
    }
}
