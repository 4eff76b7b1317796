package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The nodes of a {@link Network} that is being made. What leads nowhere is not made: {@link #NOWHERE} stands for it. */
final class Nodes {
    static final int NOWHERE = -1;

    /** Ways of branches that are copied so that beginnings can be shared. */
    private static final int MOST_COPIED = 1 << 19;

    /** Bytes at the beginning of two that are read once. */
    private static final int MOST_SHARED = 200;

    private int copied;

    private final ByteSet spellable;
    private final int most;
    private byte[] kinds = new byte[64];
    private int[] values = new int[64];
    private int[] next = new int[64];
    private int[] plain = new int[64];
    private int size;
    private final List<int[]> branches = new ArrayList<>();
    private final List<Network.Loop> loops = new ArrayList<>();
    private final List<ByteSet> sets = new ArrayList<>();
    private final Map<ByteSet, Integer> setIds = new HashMap<>();
    /** Of each byte: its set's id + 1, where it is known. */
    private final int[] ofOne = new int[256];

    /**
     * @param spellable bytes that are tokens by themselves: only these are read, so that at least one token always fits
     * @param most nodes
     */
    Nodes(ByteSet spellable, int most) {
        this.spellable = spellable;
        this.most = most;
        add(Network.RETURN, 0, 0);
    }

    /** Whether every byte of a set can be read. */
    boolean reads(ByteSet set) {
        return spellable.and(set).equals(set);
    }

    int read(ByteSet wanted, int then) {
        ByteSet set = wanted.and(spellable);
        return then == NOWHERE || set.isEmpty() ? NOWHERE : add(Network.READ, setId(set), then);
    }

    int read(int value, int then) {
        if (then == NOWHERE || !spellable.contains(value)) {
            return NOWHERE;
        }
        if (ofOne[value] == 0) {
            ofOne[value] = 1 + setId(ByteSet.range(value, value));
        }
        return add(Network.READ, ofOne[value] - 1, then);
    }

    private int setId(ByteSet set) {
        Integer known = setIds.putIfAbsent(set, sets.size());
        if (known == null) {
            sets.add(set);
        }
        return known == null ? sets.size() - 1 : known;
    }

    int branch(int... ways) {
        int[] open = open(ways);
        if (open.length < 2) {
            return open.length == 0 ? NOWHERE : open[0];
        }
        branches.add(open);
        return add(Network.BRANCH, branches.size() - 1, 0);
    }

    /** Those that lead somewhere, each once. */
    private static int[] open(int[] ways) {
        if (ways.length > 16) {
            return Arrays.stream(ways).filter(way -> way != NOWHERE).distinct().toArray();
        }
        int[] open = new int[ways.length];
        int count = 0;
        for (int way : ways) {
            boolean known = way == NOWHERE;
            for (int at = 0; at < count && !known; at++) {
                known = open[at] == way;
            }
            if (!known) {
                open[count++] = way;
            }
        }
        return Arrays.copyOf(open, count);
    }

    /** One of two, of which the bytes that both begin with are read once. Copies branches, as far as all are not copied too often. */
    int either(int some, int other) {
        return either(some, other, MOST_SHARED);
    }

    private int either(int some, int other, int depth) {
        if (depth == 0 || some == NOWHERE || other == NOWHERE || some == other || kinds[some] != Network.READ) {
            return branch(some, other);
        }
        int[] ways = kinds[other] == Network.BRANCH ? branches.get(values[other]) : new int[] {other};
        for (int at = 0; at < ways.length && copied + ways.length <= MOST_COPIED; at++) {
            if (kinds[ways[at]] == Network.READ && values[ways[at]] == values[some]) {
                copied += ways.length;
                int[] shared = ways.clone();
                shared[at] = read(sets.get(values[some]), either(next[some], next[ways[at]], depth - 1));
                return branch(shared);
            }
        }
        copied += ways.length;
        return copied > MOST_COPIED ? branch(some, other) : branch(prepend(some, ways));
    }

    private static int[] prepend(int first, int[] others) {
        int[] all = new int[others.length + 1];
        all[0] = first;
        System.arraycopy(others, 0, all, 1, others.length);
        return all;
    }

    /** A branch whose ways are given later, by {@link #open(int, int...)}, since they lead back to it. */
    int branchLater() {
        branches.add(new int[0]);
        return add(Network.BRANCH, branches.size() - 1, 0);
    }

    void open(int branch, int... ways) {
        branches.set(values[branch], open(ways));
    }

    /** The nodes to which a branch leads in the end, the node itself where it is none; only the first way of branches in branches. */
    int[] firstWays(int node) {
        int[] ways = {node};
        while (kinds[ways[0]] == Network.BRANCH) {
            ways = branches.get(values[ways[0]]);
        }
        return ways;
    }

    /** @return the number of a loop that {@link #enter} begins */
    int loop(Network.Loop loop) {
        loops.add(loop);
        return loops.size() - 1;
    }

    void define(int loop, Network.Loop as) {
        loops.set(loop, as);
    }

    int enter(int loop, int then) {
        return then == NOWHERE ? NOWHERE : add(Network.LOOP, loop, then);
    }

    /** Says of the nodes that begin a character here how many plain ones may follow, see {@link Network#plain}. */
    void plain(int node, int characters) {
        if (node != NOWHERE) {
            plain[firstWays(node)[0]] = characters;
        }
    }

    /** @throws StructureException where so many more are too many */
    void checkRoom(long more) {
        if (size + more > most) {
            throw new StructureException("", "it is too large: it takes more than " + most + " nodes");
        }
    }

    private int add(byte kind, int value, int then) {
        checkRoom(1);
        if (size == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * size);
            values = Arrays.copyOf(values, 2 * size);
            next = Arrays.copyOf(next, 2 * size);
            plain = Arrays.copyOf(plain, 2 * size);
        }
        kinds[size] = kind;
        values[size] = value;
        next[size] = then;
        return size++;
    }

    Network network(int start) {
        int[] classes = new int[256];
        int count = 1;
        for (ByteSet set : sets) {
            int[] inner = new int[count];
            int[] outer = new int[count];
            Arrays.fill(inner, -1);
            Arrays.fill(outer, -1);
            int found = 0;
            for (int value = 0; value < 256; value++) {
                int[] side = set.contains(value) ? inner : outer;
                if (side[classes[value]] < 0) {
                    side[classes[value]] = found++;
                }
                classes[value] = side[classes[value]];
            }
            count = found;
        }
        int[] samples = new int[count];
        for (int value = 0; value < 256; value++) {
            samples[classes[value]] = value;
        }
        return new Network(
                start,
                Arrays.copyOf(kinds, size),
                Arrays.copyOf(values, size),
                Arrays.copyOf(next, size),
                Arrays.copyOf(plain, size),
                List.copyOf(sets),
                branches.toArray(int[][]::new),
                List.copyOf(loops),
                classes,
                samples);
    }
}
