package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Goes from some nodes along branches, into loops and out of them, to all nodes that may read the next byte. Whoever comes to a loop here with equal
 * counts shares a frame, so that ambiguous structures stay narrow. Used again and again, under the machine's lock.
 */
final class Closure {
    /** Rules that call each other before a byte is taken: frames are made by recursion. */
    private static final int MOST_CALLS = 512;

    private static final int LARGE = 1024;

    private final Network network;
    private final StructureLimits limits;
    private Map<Loop, Draft> drafts = new HashMap<>();
    /** Made of {@link #drafts}, by their ids: draft -1 first. */
    private final List<Frame> made = new ArrayList<>();
    /** Everything that was met; those from {@link #visited} on are still to be visited. */
    private final Ways seen = new Ways();

    private int visited;
    private final Ways readers = new Ways();
    private boolean complete;
    private long movesLeft;

    private record Loop(int loop, int need, int left) {}

    Closure(Network network, StructureLimits limits) {
        this.network = network;
        this.limits = limits;
    }

    /** @param moves for this piece of work */
    void begin(long moves) {
        seen.clear();
        visited = 0;
        readers.clear();
        if (drafts.size() > LARGE) {
            drafts = new HashMap<>();
        } else {
            drafts.clear();
        }
        made.clear();
        complete = false;
        movesLeft = moves;
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
        seen.add(node, frame);
    }

    /** @param frames gives the one frame that is equal to another */
    State state(Function<Frame, Frame> frames) {
        while (visited < seen.size()) {
            int next = visited++;
            visit(seen.node(next), seen.level(next));
        }
        if (!drafts.isEmpty()) {
            for (int draft = 0; draft < drafts.size(); draft++) {
                made.add(Frame.ROOT);
            }
            Ways ways = new Ways();
            for (int at = 0; at < readers.size(); at++) {
                ways.add(readers.node(at), frame(readers.level(at), frames, 0));
            }
            return sorted(ways);
        }
        return sorted(readers);
    }

    private State sorted(Ways ways) {
        ways.sort();
        return new State(ways.nodes(), ways.frames(), complete);
    }

    private void visit(int node, Level level) {
        move();
        switch (network.kinds()[node]) {
            case Network.READ -> {
                if (readers.size() == limits.positions()) {
                    throw new WorkExceededException("positions at one byte", limits.positions());
                }
                readers.add(node, level);
            }
            case Network.BRANCH -> {
                for (int way : network.branches()[network.values()[node]]) {
                    seen.add(way, level);
                }
            }
            case Network.LOOP -> {
                int number = network.values()[node];
                Network.Loop loop = network.loops().get(number);
                addReturn(draft(number, loop.least(), loop.most()), network.next()[node], level);
            }
            default -> leave(level);
        }
    }

    private Draft draft(int loop, int need, int left) {
        Loop wanted = new Loop(loop, need, left);
        Draft known = drafts.get(wanted);
        if (known != null) {
            return known;
        }
        Draft draft = new Draft(-1 - drafts.size(), loop, need, left);
        drafts.put(wanted, draft);
        seen.add(network.loops().get(loop).entry(), draft);
        return draft;
    }

    /**
     * Where nothing follows in a frame of one round, what follows that frame follows at once: a rule that ends in a call of itself would leave a
     * frame a round otherwise, and going back through all of them would take as long as the text is.
     */
    private void addReturn(Draft draft, int node, Level level) {
        if (node == Network.RETURN_NODE && level instanceof Draft caller && caller.isCall()) {
            caller.tails.add(draft);
            for (int way = 0, ways = caller.returns.size(); way < ways; way++) {
                tell(draft, caller.returns.node(way), caller.returns.level(way));
            }
        } else if (node == Network.RETURN_NODE && level instanceof Frame caller && caller.isCall()) {
            for (int way = 0; way < caller.returns(); way++) {
                tell(draft, caller.node(way), caller.parent(way));
            }
        } else {
            tell(draft, node, level);
        }
    }

    /** A way on after a draft is one after its tails, and after theirs. */
    private void tell(Draft draft, int node, Level level) {
        move();
        if (draft.tails.isEmpty()) {
            tellOne(draft, node, level);
            return;
        }
        List<Draft> told = new ArrayList<>(List.of(draft));
        while (!told.isEmpty()) {
            Draft each = told.removeLast();
            move();
            if (tellOne(each, node, level)) {
                told.addAll(each.tails);
            }
        }
    }

    private boolean tellOne(Draft draft, int node, Level level) {
        boolean news = draft.returns.add(node, level);
        if (news && draft.ended) {
            seen.add(node, level);
        }
        return news;
    }

    /** The end of a body was reached: out of the loop, or round once more. */
    @SuppressWarnings("ReferenceEquality") // there is one root
    private void leave(Level level) {
        if (level == Frame.ROOT) {
            complete = true;
            return;
        }
        if (level instanceof Draft empty) {
            // A round without a byte: another one could add nothing, and where rounds may be empty none is missing.
            empty.ended = true;
            for (int way = 0; way < empty.returns.size(); way++) {
                seen.add(empty.returns.node(way), empty.returns.level(way));
            }
            return;
        }
        Frame done = (Frame) level;
        int need = Math.max(0, done.need - 1);
        int left = done.left == Expression.UNBOUNDED ? done.left : done.left - 1;
        Draft round = left > 0 ? draft(done.loop, need, left) : null;
        for (int way = 0; way < done.returns(); way++) {
            if (round != null) {
                addReturn(round, done.node(way), done.parent(way));
            }
            if (need == 0) {
                seen.add(done.node(way), done.parent(way));
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // there is one root, which stands for what is not made yet
    private Frame frame(Level level, Function<Frame, Frame> frames, int depth) {
        if (depth > MOST_CALLS) {
            throw new WorkExceededException("calls within each other at one byte", MOST_CALLS);
        }
        if (!(level instanceof Draft draft)) {
            return (Frame) level;
        }
        Frame known = made.get(-1 - draft.id);
        if (known != Frame.ROOT) {
            return known;
        }
        Ways ways = new Ways();
        for (int way = 0; way < draft.returns.size(); way++) {
            ways.add(draft.returns.node(way), frame(draft.returns.level(way), frames, depth + 1));
        }
        ways.sort();
        Frame equal = frames.apply(new Frame(-1, draft.loop, draft.need, draft.left, ways.nodes(), ways.frames()));
        made.set(-1 - draft.id, equal);
        return equal;
    }
}
