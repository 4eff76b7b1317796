package dev.tramontane.structure;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a {@link Network} of an expression, from its end to its beginning: each part is built before what is known to follow. Bodies of
 * rules are built once each, after what calls them.
 */
final class NetworkBuilder {
    /** Loops of at most so many nodes are written out: a frame for each of a date's digits would cost more. */
    private static final int WRITTEN_OUT = 48;

    private static final int NOWHERE = Nodes.NOWHERE;

    private final RuleFacts facts;
    private final Nodes nodes;
    private final Map<Rule, Integer> calls = new HashMap<>();
    /** Of bodies, by what follows them: what begins before none of them, one at most, two at most and so on. */
    private final IdentityHashMap<Expression, Map<Integer, List<Integer>>> copies = new IdentityHashMap<>();

    private final Deque<Rule> unbuilt = new ArrayDeque<>();

    private NetworkBuilder(RuleFacts facts, Nodes nodes) {
        this.facts = facts;
        this.nodes = nodes;
    }

    /**
     * @param spellable bytes that are tokens by themselves: only texts of these are allowed, so that at least one token always fits
     * @param most nodes
     * @throws StructureException where it takes more, or no text at all is allowed
     */
    static Network build(Expression whole, ByteSet spellable, int most) {
        Set<Rule> impossible = new HashSet<>();
        while (true) {
            Nodes nodes = new Nodes(spellable, most);
            NetworkBuilder builder = new NetworkBuilder(new RuleFacts(whole, spellable, impossible), nodes);
            int start = builder.node(whole, Network.RETURN_NODE);
            if (start == NOWHERE) {
                throw new StructureException("", StructureException.NO_TEXT);
            }
            // A rule may turn out to have no text only here, where the vocabulary lacks bytes. Then whatever calls it
            // is built anew without.
            if (!builder.buildRules(impossible)) {
                return nodes.network(start);
            }
        }
    }

    private boolean buildRules(Set<Rule> impossible) {
        boolean found = false;
        while (!unbuilt.isEmpty()) {
            Rule rule = unbuilt.removeLast();
            int entry = node(rule.body(), Network.RETURN_NODE);
            nodes.define(calls.getOrDefault(rule, 0), new Network.Loop(entry, 1, 1, -1, 0));
            found |= entry == NOWHERE && impossible.add(rule);
        }
        return found;
    }

    /** The node before an expression that {@code then} follows; nowhere where the expression can't be spelled. */
    private int node(Expression expression, int then) {
        if (then == NOWHERE) {
            return NOWHERE;
        }
        return switch (expression) {
            case Expression.Words words -> words(new WordTree(words.words()), then);
            case Expression.OneOf one -> character(one.set(), one.spelling(), then);
            case Expression.Sequence sequence -> {
                int follower = then;
                for (Expression part : sequence.parts().reversed()) {
                    follower = node(part, follower);
                }
                yield follower;
            }
            case Expression.Choice choice ->
                nodes.branch(choice.alternatives().stream()
                        .mapToInt(each -> node(each, then))
                        .toArray());
            case Expression.Repeat repeat -> repeat(repeat, then);
            case Expression.Call call -> call(call.rule(), then);
            case Expression.Ladder ladder -> new LadderNodes(ladder, nodes, this::node).build(then);
            case Expression.Regular regular -> new RegularNodes(regular, nodes, this::character).build(then);
        };
    }

    private int call(Rule rule, int then) {
        if (!facts.isPossible(rule)) {
            return NOWHERE;
        }
        Integer known = calls.get(rule);
        if (known == null) {
            known = nodes.loop(new Network.Loop(NOWHERE, 1, 1, -1, 0));
            calls.put(rule, known);
            unbuilt.add(rule);
        }
        return nodes.enter(known, then);
    }

    /** Words are long and many, but each branches by bytes: the tree is walked without recursion, its deepest nodes first. */
    private int words(WordTree tree, int then) {
        int[] made = new int[tree.size()];
        for (int at = tree.size() - 1; at >= 0; at--) {
            List<Integer> ways = new ArrayList<>();
            if (tree.ends(at)) {
                ways.add(then);
            }
            for (int child = tree.firstChild(at); child >= 0; child = tree.nextSibling(child)) {
                ways.add(nodes.read(tree.value(child), made[child]));
            }
            made[at] = nodes.branch(ways.stream().mapToInt(way -> way).toArray());
        }
        return made[0];
    }

    /** What stands as itself is a way of its own, so that a loop's plain nodes are found by going down first ways. */
    private int character(CodePoints set, Spelling spelling, int then) {
        List<Integer> ways = new ArrayList<>();
        ways.add(bare(spelling.bare(set), then));
        for (ByteSet[] escape : spelling.escapes(set)) {
            int follower = then;
            for (int at = escape.length - 1; at >= 0; at--) {
                follower = nodes.read(escape[at], follower);
            }
            ways.add(follower);
        }
        return nodes.branch(ways.stream().mapToInt(way -> way).toArray());
    }

    private int bare(CodePoints set, int then) {
        List<ByteRange[]> spellings = new ArrayList<>();
        for (int range = 0; range < set.ranges(); range++) {
            ByteRange.utf8(set.first(range), set.last(range), spellings);
        }
        int[] ways = new int[spellings.size() + 1];
        ByteSet single = ByteSet.NONE;
        int found = 0;
        for (ByteRange[] spelling : spellings) {
            if (spelling.length == 1) {
                single = single.or(ByteSet.range(spelling[0].first(), spelling[0].last()));
                continue;
            }
            int follower = then;
            for (int at = spelling.length - 1; at >= 0; at--) {
                follower = nodes.read(ByteSet.range(spelling[at].first(), spelling[at].last()), follower);
            }
            ways[found++] = follower;
        }
        if (!single.isEmpty()) {
            ways[found++] = nodes.read(single, then);
        }
        return nodes.branch(Arrays.copyOf(ways, found));
    }

    private int repeat(Expression.Repeat repeat, int then) {
        Expression body = repeat.body();
        int least = facts.mayBeEmpty(body) ? 0 : repeat.least();
        int times = repeat.most();
        if (times == 0) {
            return then;
        }
        boolean plain = takesPlain(body)
                || (body instanceof Expression.Choice choice
                        && choice.alternatives().stream().anyMatch(NetworkBuilder::takesPlain));
        boolean endless = times == Expression.UNBOUNDED;
        if (plain || (Cost.of(body) * Cost.copies(repeat) > WRITTEN_OUT && (least > 0 || !endless))) {
            return loop(body, least, times, plain, then);
        }
        int follower = then;
        if (endless) {
            follower = nodes.branchLater();
            nodes.open(follower, node(body, follower), then);
        } else {
            follower = atMost(body, times - least, then);
        }
        for (int copy = 0; copy < least; copy++) {
            follower = node(body, follower);
        }
        return follower;
    }

    /** What is allowed twice at most is what is allowed once at most, behind one more: each stands once, however many want it. */
    private int atMost(Expression body, int times, int then) {
        List<Integer> made = copies.computeIfAbsent(body, key -> new HashMap<>())
                .computeIfAbsent(then, key -> new ArrayList<>(List.of(then)));
        while (made.size() <= times) {
            made.add(nodes.branch(node(body, made.getLast()), then));
        }
        return made.get(times);
    }

    private int loop(Expression body, int least, int times, boolean plain, int then) {
        int entry = node(plain ? plainFirst(body) : body, Network.RETURN_NODE);
        if (entry == NOWHERE) {
            return least == 0 ? then : NOWHERE;
        }
        int[] starts = nodes.firstWays(entry);
        // A body of which some byte can't be spelled doesn't take every plain text.
        boolean whole = plain && nodes.reads(PlainText.BYTES);
        int number = nodes.loop(new Network.Loop(entry, least, times, whole ? starts[0] : -1, starts.length));
        int loop = nodes.enter(number, then);
        return least == 0 ? nodes.branch(loop, then) : loop;
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
}
