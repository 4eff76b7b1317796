package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Goes from some nodes along branches, into loops and out of them, to all nodes that may read the next byte. Whoever comes to a loop here with equal
 * counts shares a frame, so that ambiguous structures stay narrow. Used once.
 */
final class Closure {
    /** Rules that call each other before a byte is taken: frames are made by recursion. */
    private static final int MOST_CALLS = 512;

    private final Network network;
    private final StructureLimits limits;
    private final Map<Loop, Draft> drafts = new HashMap<>();
    private final List<Work> work = new ArrayList<>();
    private final Set<Work> seen = new HashSet<>();
    private final List<Work> readers = new ArrayList<>();
    private boolean complete;
    private long movesLeft;

    /** A node with the frame that it is in: a {@link Frame} or a {@link Draft}, both compared by identity here. */
    private record Work(int node, Object frame) {
        @Override
        @SuppressWarnings("ReferenceEquality") // drafts grow, and equal frames are one object
        public boolean equals(Object other) {
            return other instanceof Work that && that.node == node && that.frame == frame;
        }

        @Override
        public int hashCode() {
            return 31 * node + System.identityHashCode(frame);
        }
    }

    private record Loop(int loop, int need, int left) {
        boolean isCall() {
            return left == 1;
        }
    }

    /** A frame that is being made. */
    private static final class Draft {
        final Loop loop;
        final Set<Work> returns = new HashSet<>();
        /** What is called last in it: that goes on where this one does. */
        final List<Draft> tails = new ArrayList<>();

        /** Whether its end was reached, so that whatever follows is reached, too. */
        boolean left;

        Draft(Loop loop) {
            this.loop = loop;
        }
    }

    /** @param movesLeft for this piece of work */
    Closure(Network network, StructureLimits limits, long movesLeft) {
        this.network = network;
        this.limits = limits;
        this.movesLeft = movesLeft;
    }

    long movesLeft() {
        return movesLeft;
    }

    private void move() {
        if (--movesLeft < 0) {
            throw new WorkExceededException("moves for one token", limits.moves());
        }
    }

    void from(int node, Frame frame) {
        push(node, frame);
    }

    /** @param frames gives the one frame that is equal to another */
    State state(Function<Frame, Frame> frames) {
        while (!work.isEmpty()) {
            visit(work.removeLast());
        }
        Map<Draft, Frame> made = new HashMap<>();
        List<Work> ways = new ArrayList<>();
        for (Work reader : readers) {
            ways.add(new Work(reader.node, frame(reader.frame, frames, made, 0)));
        }
        return stateOf(ways);
    }

    private State stateOf(List<Work> ways) {
        ways.sort(BY_NODE);
        return new State(
                ways.stream().mapToInt(Work::node).toArray(),
                ways.stream().map(way -> (Frame) way.frame).toArray(Frame[]::new),
                complete);
    }

    private static final Comparator<Work> BY_NODE =
            Comparator.comparingInt(Work::node).thenComparingInt(way -> ((Frame) way.frame).id);

    private void push(int node, Object frame) {
        Work next = new Work(node, frame);
        if (seen.add(next)) {
            work.add(next);
        }
    }

    private void visit(Work here) {
        move();
        int node = here.node;
        switch (network.kinds()[node]) {
            case Network.READ -> {
                if (readers.size() == limits.positions()) {
                    throw new WorkExceededException("positions at one byte", limits.positions());
                }
                readers.add(here);
            }
            case Network.BRANCH -> {
                for (int way : network.branches()[network.values()[node]]) {
                    push(way, here.frame);
                }
            }
            case Network.LOOP -> {
                int number = network.values()[node];
                Network.Loop loop = network.loops().get(number);
                Draft draft = draft(new Loop(number, loop.least(), loop.most()));
                addReturn(draft, network.next()[node], here.frame);
            }
            default -> leave(here.frame);
        }
    }

    private Draft draft(Loop wanted) {
        Draft known = drafts.get(wanted);
        if (known != null) {
            return known;
        }
        Draft made = new Draft(wanted);
        drafts.put(wanted, made);
        push(network.loops().get(wanted.loop).entry(), made);
        return made;
    }

    /**
     * Where nothing follows in a frame of one round, what follows that frame follows at once: a rule that ends in a call of itself would leave a
     * frame a round otherwise, and going back through all of them would take as long as the text is.
     */
    private void addReturn(Draft draft, int node, Object frame) {
        if (node == Network.RETURN_NODE && frame instanceof Draft caller && caller.loop.isCall()) {
            caller.tails.add(draft);
            List.copyOf(caller.returns).forEach(way -> addReturn(draft, way));
        } else if (node == Network.RETURN_NODE && frame instanceof Frame caller && caller.isCall()) {
            for (int way = 0; way < caller.returns(); way++) {
                addReturn(draft, new Work(caller.node(way), caller.parent(way)));
            }
        } else {
            addReturn(draft, new Work(node, frame));
        }
    }

    private void addReturn(Draft draft, Work way) {
        List<Draft> told = new ArrayList<>(List.of(draft));
        while (!told.isEmpty()) {
            Draft each = told.removeLast();
            move();
            if (each.returns.add(way)) {
                if (each.left) {
                    push(way.node, way.frame);
                }
                told.addAll(each.tails);
            }
        }
    }

    /** The end of a body was reached: out of the loop, or round once more. */
    @SuppressWarnings("ReferenceEquality") // there is one root
    private void leave(Object frame) {
        if (frame == Frame.ROOT) {
            complete = true;
            return;
        }
        if (frame instanceof Draft empty) {
            // A round without a byte: another one could add nothing, and where rounds may be empty none is missing.
            empty.left = true;
            List.copyOf(empty.returns).forEach(way -> push(way.node, way.frame));
            return;
        }
        Frame done = (Frame) frame;
        int need = Math.max(0, done.need - 1);
        int left = done.left == Expression.UNBOUNDED ? done.left : done.left - 1;
        Draft round = left > 0 ? draft(new Loop(done.loop, need, left)) : null;
        for (int way = 0; way < done.returns(); way++) {
            Work back = new Work(done.node(way), done.parent(way));
            if (round != null) {
                addReturn(round, back);
            }
            if (need == 0) {
                push(back.node, back.frame);
            }
        }
    }

    private static Frame frame(Object frame, Function<Frame, Frame> frames, Map<Draft, Frame> made, int depth) {
        if (depth > MOST_CALLS) {
            throw new WorkExceededException("calls within each other at one byte", MOST_CALLS);
        }
        if (!(frame instanceof Draft draft)) {
            return (Frame) frame;
        }
        Frame known = made.get(draft);
        if (known != null) {
            return known;
        }
        List<Work> ways = new ArrayList<>();
        for (Work way : draft.returns) {
            ways.add(new Work(way.node, frame(way.frame, frames, made, depth + 1)));
        }
        ways.sort(BY_NODE);
        Frame equal = frames.apply(new Frame(
                -1,
                draft.loop.loop,
                draft.loop.need,
                draft.loop.left,
                ways.stream().mapToInt(Work::node).toArray(),
                ways.stream().map(way -> (Frame) way.frame).toArray(Frame[]::new)));
        made.put(draft, equal);
        return equal;
    }
}
