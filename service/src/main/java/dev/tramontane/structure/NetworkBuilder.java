package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes a {@link Network} of an expression, from its end to its beginning: each part is built before what is known to follow. */
final class NetworkBuilder {
    /** Loops of at most so many nodes are written out: a frame for each of a date's digits would cost more. */
    private static final int WRITTEN_OUT = 48;

    private static final int NOWHERE = -1;

    private final ByteSet spellable;
    private final int most;
    private byte[] kinds = new byte[64];
    private int[] values = new int[64];
    private int[] next = new int[64];
    private int size;
    private final List<int[]> branches = new ArrayList<>();
    private final List<Network.Loop> loops = new ArrayList<>();
    private final List<ByteSet> sets = new ArrayList<>();
    private final Map<ByteSet, Integer> setIds = new HashMap<>();

    private NetworkBuilder(ByteSet spellable, int most) {
        this.spellable = spellable;
        this.most = most;
        add(Network.RETURN, 0, 0);
    }

    /**
     * @param spellable bytes that are tokens by themselves: only texts of these are allowed, so that at least one token always fits
     * @param most nodes
     * @throws StructureException where it takes more, or no text at all is allowed
     */
    static Network build(Expression whole, ByteSet spellable, int most) {
        NetworkBuilder builder = new NetworkBuilder(spellable, most);
        int start = builder.node(whole, Network.RETURN_NODE);
        if (start == NOWHERE) {
            throw new StructureException("", "no text at all is allowed");
        }
        return builder.network(start);
    }

    private Network network(int start) {
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
                List.copyOf(sets),
                branches.toArray(int[][]::new),
                List.copyOf(loops),
                classes,
                samples);
    }

    /** The node before an expression that {@code then} follows; nowhere where the expression can't be spelled. */
    private int node(Expression expression, int then) {
        if (then == NOWHERE) {
            return NOWHERE;
        }
        return switch (expression) {
            case Expression.Words words -> words(new WordTree(words.words()), then);
            case Expression.OneOf character -> character(character.set(), then);
            case Expression.Sequence sequence -> {
                int follower = then;
                for (Expression part : sequence.parts().reversed()) {
                    follower = node(part, follower);
                }
                yield follower;
            }
            case Expression.Choice choice ->
                branch(choice.alternatives().stream()
                        .mapToInt(each -> node(each, then))
                        .toArray());
            case Expression.Repeat repeat -> repeat(repeat, then);
        };
    }

    /** Words are long and many, but each branches by bytes: the tree is walked without recursion, its deepest nodes first. */
    private int words(WordTree tree, int then) {
        int[] nodes = new int[tree.size()];
        for (int at = tree.size() - 1; at >= 0; at--) {
            List<Integer> ways = new ArrayList<>();
            if (tree.ends(at)) {
                ways.add(then);
            }
            for (int child = tree.firstChild(at); child >= 0; child = tree.nextSibling(child)) {
                ways.add(
                        nodes[child] == NOWHERE
                                ? NOWHERE
                                : read(ByteSet.range(tree.value(child), tree.value(child)), nodes[child]));
            }
            nodes[at] = branch(ways.stream().mapToInt(way -> way).toArray());
        }
        return nodes[0];
    }

    private int character(CodePoints set, int then) {
        List<ByteRange[]> spellings = new ArrayList<>();
        for (int range = 0; range < set.ranges(); range++) {
            ByteRange.utf8(set.first(range), set.last(range), spellings);
        }
        int[] ways = new int[spellings.size()];
        ByteSet single = ByteSet.NONE;
        int found = 0;
        for (ByteRange[] spelling : spellings) {
            if (spelling.length == 1) {
                single = single.or(ByteSet.range(spelling[0].first(), spelling[0].last()));
                continue;
            }
            int follower = then;
            for (int at = spelling.length - 1; at >= 0; at--) {
                follower = read(ByteSet.range(spelling[at].first(), spelling[at].last()), follower);
            }
            ways[found++] = follower;
        }
        if (!single.isEmpty()) {
            ways[found++] = read(single, then);
        }
        return branch(Arrays.copyOf(ways, found));
    }

    private int repeat(Expression.Repeat repeat, int then) {
        Expression body = repeat.body();
        boolean empty = mayBeEmpty(body);
        int least = empty ? 0 : repeat.least();
        int times = repeat.most();
        if (times == 0) {
            return then;
        }
        boolean plain = takesPlain(body)
                || (body instanceof Expression.Choice choice
                        && choice.alternatives().stream().anyMatch(NetworkBuilder::takesPlain));
        boolean endless = times == Expression.UNBOUNDED;
        if (plain || (cost(body) * copies(repeat) > WRITTEN_OUT && (least > 0 || !endless))) {
            return loop(body, least, times, plain, then);
        }
        int follower = then;
        if (endless) {
            follower = add(Network.BRANCH, branches.size(), 0);
            int slot = branches.size();
            branches.add(new int[0]);
            int inside = node(body, follower);
            branches.set(slot, inside == NOWHERE ? new int[] {then} : new int[] {inside, then});
        }
        for (int copy = least; !endless && copy < times; copy++) {
            follower = branch(node(body, follower), then);
        }
        for (int copy = 0; copy < least; copy++) {
            follower = node(body, follower);
        }
        return follower;
    }

    private int loop(Expression body, int least, int times, boolean plain, int then) {
        int entry = node(plain ? plainFirst(body) : body, Network.RETURN_NODE);
        if (entry == NOWHERE) {
            return least == 0 ? then : NOWHERE;
        }
        int[] starts = {entry};
        while (kinds[starts[0]] == Network.BRANCH) {
            starts = branches.get(values[starts[0]]);
        }
        // A body of which some byte can't be spelled doesn't take every plain text.
        boolean whole = plain && spellable.and(Machine.PLAIN_BYTES).equals(Machine.PLAIN_BYTES);
        loops.add(new Network.Loop(entry, least, times, whole ? starts[0] : -1, starts.length));
        int loop = add(Network.LOOP, loops.size() - 1, then);
        return least == 0 ? branch(loop, then) : loop;
    }

    private static boolean takesPlain(Expression expression) {
        return expression instanceof Expression.OneOf any && any.set().containsAll(CodePoints.PLAIN);
    }

    /** The alternative that takes plain text before the others, so that its nodes are found. */
    private static Expression plainFirst(Expression body) {
        if (!(body instanceof Expression.Choice choice)) {
            return body;
        }
        List<Expression> ways = new ArrayList<>(choice.alternatives());
        ways.sort(Comparator.comparing(way -> !takesPlain(way)));
        return new Expression.Choice(ways);
    }

    private int branch(int... ways) {
        int[] open =
                Arrays.stream(ways).filter(way -> way != NOWHERE).distinct().toArray();
        if (open.length < 2) {
            return open.length == 0 ? NOWHERE : open[0];
        }
        branches.add(open);
        return add(Network.BRANCH, branches.size() - 1, 0);
    }

    private int read(ByteSet wanted, int then) {
        ByteSet set = wanted.and(spellable);
        if (then == NOWHERE || set.isEmpty()) {
            return NOWHERE;
        }
        Integer known = setIds.putIfAbsent(set, sets.size());
        if (known == null) {
            sets.add(set);
        }
        return add(Network.READ, known == null ? sets.size() - 1 : known, then);
    }

    private int add(byte kind, int value, int then) {
        if (size == most) {
            throw new StructureException("", "it is too large: it takes more than " + most + " nodes");
        }
        if (size == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * size);
            values = Arrays.copyOf(values, 2 * size);
            next = Arrays.copyOf(next, 2 * size);
        }
        kinds[size] = kind;
        values[size] = value;
        next[size] = then;
        return size++;
    }

    private static boolean mayBeEmpty(Expression expression) {
        return switch (expression) {
            case Expression.Words words -> words.words().stream().anyMatch(word -> word.length == 0);
            case Expression.OneOf _ -> false;
            case Expression.Sequence sequence -> sequence.parts().stream().allMatch(NetworkBuilder::mayBeEmpty);
            case Expression.Choice choice -> choice.alternatives().stream().anyMatch(NetworkBuilder::mayBeEmpty);
            case Expression.Repeat repeat -> repeat.least() == 0 || mayBeEmpty(repeat.body());
        };
    }

    private static long copies(Expression.Repeat repeat) {
        return repeat.most() == Expression.UNBOUNDED ? Math.max(repeat.least(), 1) : repeat.most();
    }

    /** About how many nodes it takes, not more than {@link #WRITTEN_OUT} of them counted exactly. */
    private static long cost(Expression expression) {
        return switch (expression) {
            case Expression.Words words ->
                words.words().stream().mapToLong(word -> word.length).sum();
            case Expression.OneOf character -> character.set().ranges();
            case Expression.Sequence sequence ->
                sequence.parts().stream().mapToLong(NetworkBuilder::cost).sum();
            case Expression.Choice choice ->
                choice.alternatives().stream().mapToLong(NetworkBuilder::cost).sum();
            case Expression.Repeat repeat ->
                Math.min(1 << 20, cost(repeat.body()) * Math.clamp(copies(repeat), 1, 1 << 10));
        };
    }
}
