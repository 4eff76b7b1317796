package dev.tramontane.structure;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** Finds out how much of {@link CodePoints#PLAIN} may follow at a state, whatever it is. Under the machine's lock. */
final class PlainText {
    /** Every byte that the UTF-8 of {@link CodePoints#PLAIN} may have. */
    static final ByteSet BYTES = ByteSet.range(0x20, 0x21)
            .or(ByteSet.range(0x23, 0x5b))
            .or(ByteSet.range(0x5d, 0xbf))
            .or(ByteSet.range(0xc2, 0xf4));

    /** Nodes that are looked at to see what may follow one. */
    private static final int MOST = 256;

    private static final byte CAN = 1;
    private static final byte CANNOT = 2;

    private final Network network;
    /** Which of the network's sets have some of the bytes. */
    private final boolean[] sets;

    /** By nodes: whether plain text can follow, where that is known. */
    private final byte[] begins;

    PlainText(Network network) {
        this.network = network;
        this.begins = new byte[network.kinds().length];
        this.sets = new boolean[network.sets().size()];
        for (int set = 0; set < sets.length; set++) {
            sets[set] = !network.sets().get(set).and(BYTES).isEmpty();
        }
    }

    /** Writes {@link State#plain} and {@link State#plainAtMost}. */
    void lookAt(State state) {
        int readers = 0;
        int own = 0;
        for (int at = 0; at < state.nodes.length; at++) {
            int node = state.nodes[at];
            Frame frame = state.frames[at];
            state.plain = Math.max(state.plain, network.plain()[node]);
            readers += sets[network.values()[node]] ? 1 : 0;
            if (frame.loop >= 0) {
                Network.Loop loop = network.loops().get(frame.loop);
                if (loop.plain() == node && frame.left > state.plain) {
                    state.plain = frame.left;
                    // Where rounds are missing, what follows the loop isn't among the state's nodes yet.
                    own = frame.need == 0 || !canFollow(frame) ? loop.starts() : 0;
                }
            }
        }
        state.plainAtMost = readers == own;
    }

    private boolean canFollow(Frame frame) {
        for (int way = 0; way < frame.returns(); way++) {
            int node = frame.node(way);
            if (begins[node] == 0) {
                begins[node] = canBegin(node) ? CAN : CANNOT;
            }
            if (begins[node] == CAN) {
                return true;
            }
        }
        return false;
    }

    /** True also where it isn't known without the frame. */
    private boolean canBegin(int first) {
        Set<Integer> seen = new HashSet<>(Set.of(first));
        Deque<Integer> open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
            int node = open.removeLast();
            int value = network.values()[node];
            int[] ways = switch (network.kinds()[node]) {
                case Network.READ -> sets[value] ? null : new int[0];
                case Network.BRANCH -> network.branches()[value];
                default -> null;
            };
            if (ways == null || seen.size() + ways.length > MOST) {
                return true;
            }
            for (int way : ways) {
                if (seen.add(way)) {
                    open.add(way);
                }
            }
        }
        return false;
    }
}
