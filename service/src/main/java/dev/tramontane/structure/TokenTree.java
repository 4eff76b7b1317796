package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A vocabulary as a tree of common beginnings: 8 bytes a node, depth first, so that a walk goes forward through memory and leaves out what
 * doesn't fit by one addition. Made once for a model (about a second for 131,072 tokens), then shared. Immutable.
 */
public final class TokenTree {
    private static final int MAX_LENGTH = (1 << 12) - 1;
    /** Masks by length are 16 KiB each at 131,072 tokens. */
    private static final int MAX_PLAIN = 160;

    /** Nothing is known of plain tokens beforehand. */
    static final int NO_SLICE = -1;

    private static final int MAX_COUNT = (1 << 21) - 2;

    /** Each node: byte 8 bits, depth 12, nodes of its branch with itself 22, token + 1 or 0 21, plain 1. */
    private final long[] nodes;

    /** Of each node: bytes from it to the deepest below. */
    private final short[] heights;

    /** Of each node: {@link ByteGroups} of all bytes below it. */
    private final int[] groups;

    /** All ids in the order of their nodes, and of each node how many there are before it. */
    private final int[] ordered;

    private final int[] before;

    /** Ids of equal bytes: by turns one that stands at a node, and another. */
    private final int[] twins;

    private final byte[][] bytes;
    private final int longest;
    private final ByteSet single;
    /** Tokens that are whole characters of {@link CodePoints#PLAIN}, as a mask. */
    private final long[] plainTokens;

    /** Of these, the longest, in characters. */
    private final int longestPlain;

    /** Of these, those of at most so many characters; longer ones are not told apart. */
    private final long[][] plainUpTo;

    /** The tree without these; null where there are none. */
    private final @Nullable TokenTree others;

    private TokenTree(byte[][] bytes) {
        this.bytes = bytes;
        Integer[] order = IntStream.range(0, bytes.length)
                .filter(id -> bytes[id].length > 0)
                .boxed()
                .toArray(Integer[]::new);
        Arrays.sort(order, (some, other) -> Arrays.compareUnsigned(bytes[some], bytes[other]));
        int most = IntStream.range(0, order.length)
                .map(at -> bytes[order[at]].length - (at == 0 ? 0 : shared(bytes[order[at - 1]], bytes[order[at]])))
                .sum();
        if (most > MAX_COUNT || bytes.length > MAX_COUNT) {
            throw new IllegalArgumentException("a vocabulary of " + bytes.length + " tokens, " + most + " beginnings");
        }
        this.nodes = new long[most];
        this.heights = new short[most];
        this.groups = new int[most];
        this.before = new int[most];
        this.ordered = Arrays.stream(order).mapToInt(id -> id).toArray();
        List<Integer> equal = new ArrayList<>();
        this.plainTokens = new long[(bytes.length + 63) / 64];
        this.longest = fill(order, equal);
        this.twins = equal.stream().mapToInt(id -> id).toArray();
        ByteSet alone = ByteSet.NONE;
        for (Integer id : order) {
            if (bytes[id].length == 1) {
                alone = alone.or(ByteSet.range(bytes[id][0] & 0xff, bytes[id][0] & 0xff));
            }
        }
        this.single = alone;
        this.longestPlain = measurePlain();
        this.plainUpTo = plainUpTo();
        this.others = Arrays.stream(plainTokens).allMatch(word -> word == 0)
                ? null
                : of(bytes.length, id -> isPlain(id) ? new byte[0] : bytes[id]);
    }

    /**
     * @param size ids are 0 to size - 1
     * @param bytes of each id; empty for control tokens and for whatever else may never stand in a structure. Tokens of more than 4095 bytes
     *     are left out, too. Read once
     */
    public static TokenTree of(int size, IntFunction<byte[]> bytes) {
        byte[][] all = new byte[size][];
        for (int id = 0; id < size; id++) {
            byte[] its = bytes.apply(id);
            all[id] = its.length > MAX_LENGTH ? new byte[0] : its.clone();
        }
        return new TokenTree(all);
    }

    private int fill(Integer[] order, List<Integer> equal) {
        int[] open = new int[MAX_LENGTH + 1];
        boolean[] mixed = new boolean[nodes.length];
        int depth = 0;
        int used = 0;
        int deepest = 0;
        byte[] last = new byte[0];
        for (int place = 0; place < order.length; place++) {
            int id = order[place];
            byte[] token = bytes[id];
            int keep = shared(last, token);
            while (depth > keep) {
                close(open[depth--], used, mixed);
            }
            while (depth < token.length) {
                open[++depth] = used;
                before[used] = place;
                nodes[used++] = (token[depth - 1] & 0xffL) << 56 | (long) depth << 44;
            }
            int node = open[depth];
            if (token(nodes[node]) < 0) {
                nodes[node] |= (id + 1L) << 1;
            } else {
                equal.add(token(nodes[node]));
                equal.add(id);
            }
            boolean plain = plainText(token);
            if (plain) {
                plainTokens[id >> 6] |= 1L << id;
            }
            int below = 0;
            for (int at = depth; at >= 1; at--) {
                groups[open[at]] |= below;
                below |= ByteGroups.bit(token[at - 1] & 0xff);
                heights[open[at]] = (short) Math.max(heights[open[at]], depth - at);
                mixed[open[at]] |= !plain || (at < depth && (token[at] & 0xc0) == 0x80);
            }
            deepest = Math.max(deepest, depth);
            last = token;
        }
        while (depth > 0) {
            close(open[depth--], used, mixed);
        }
        return deepest;
    }

    private void close(int node, int end, boolean[] mixed) {
        nodes[node] |= (long) (end - node) << 22;
        nodes[node] |= mixed[node] ? 0 : 1L;
    }

    private int measurePlain() {
        int most = 0;
        for (int id = 0; id < bytes.length; id++) {
            most = isPlain(id) ? Math.max(most, CodePoints.count(bytes[id])) : most;
        }
        return most;
    }

    private long[][] plainUpTo() {
        int most = Math.min(MAX_PLAIN, longestPlain);
        int[] lengths = new int[bytes.length];
        for (int id = 0; id < bytes.length; id++) {
            if (isPlain(id)) {
                lengths[id] = Math.min(MAX_PLAIN, CodePoints.count(bytes[id]));
            }
        }
        long[][] upTo = new long[most][plainTokens.length];
        for (int id = 0; id < bytes.length; id++) {
            for (int length = lengths[id]; isPlain(id) && length < most; length++) {
                upTo[length][id >> 6] |= 1L << id;
            }
        }
        return upTo;
    }

    private static int shared(byte[] some, byte[] other) {
        int different = Arrays.mismatch(some, other);
        return different < 0 ? some.length : different;
    }

    /** Whether a token is whole characters of {@link CodePoints#PLAIN}. */
    private static boolean plainText(byte[] token) {
        String text = new String(token, StandardCharsets.UTF_8);
        return text.codePoints().allMatch(CodePoints.PLAIN::contains)
                && Arrays.equals(text.getBytes(StandardCharsets.UTF_8), token);
    }

    /** How many ids there are. */
    public int tokens() {
        return bytes.length;
    }

    /** Bytes of a token: empty where it may never stand in a structure. Not to be changed. */
    byte[] bytes(int id) {
        return bytes[id];
    }

    /** Whether a token is whole characters of {@link CodePoints#PLAIN}. */
    boolean isPlain(int id) {
        return (plainTokens[id >> 6] >>> id & 1) != 0;
    }

    /**
     * Which of these fit where some plain characters may follow, whatever they are.
     *
     * @param exactly whether no more may
     * @return for {@link #writePlain}; {@link #NO_SLICE} where each must be looked at
     */
    int slice(int characters, boolean exactly) {
        if (characters >= longestPlain) {
            return longestPlain;
        }
        return characters > 0 && exactly && characters < plainUpTo.length ? characters : NO_SLICE;
    }

    /** Those of a slice, copied into words of bits. */
    void writePlain(long[] words, int slice) {
        System.arraycopy(slice == longestPlain ? plainTokens : plainUpTo[slice], 0, words, 0, plainTokens.length);
    }

    /** The tree of all others, under the same ids. */
    TokenTree withoutPlain() {
        return others == null ? this : others;
    }

    /** In bytes. */
    int longest() {
        return longest;
    }

    /** Bytes that are tokens by themselves. */
    ByteSet single() {
        return single;
    }

    int size() {
        return nodes.length;
    }

    long node(int at) {
        return nodes[at];
    }

    static int value(long node) {
        return (int) (node >>> 56);
    }

    static int depth(long node) {
        return (int) (node >>> 44) & 0xfff;
    }

    /** Nodes of the branch that begins here, itself included. */
    static int branch(long node) {
        return (int) (node >>> 22) & 0x3fffff;
    }

    /** The first id that ends here, or -1. */
    static int token(long node) {
        return ((int) (node >>> 1) & 0x1fffff) - 1;
    }

    /** Whether it stands between characters and all tokens from here on are plain text. */
    static boolean plain(long node) {
        return (node & 1) != 0;
    }

    /** Bytes from a node to the deepest below it. */
    int height(int at) {
        return heights[at];
    }

    /** {@link ByteGroups} of all bytes below a node. */
    int groups(int at) {
        return groups[at];
    }

    /** Adds all tokens of the branch that begins at a node. */
    void write(int at, long[] words) {
        int next = at + branch(nodes[at]);
        int end = next < nodes.length ? before[next] : ordered.length;
        for (int place = before[at]; place < end; place++) {
            int id = ordered[place];
            words[id >> 6] |= 1L << id;
        }
    }

    /** Adds those that have the bytes of others that are there and stand at nodes. */
    void writeTwins(long[] words) {
        for (int at = 0; at < twins.length; at += 2) {
            int id = twins[at];
            if ((words[id >> 6] >>> id & 1) != 0) {
                words[twins[at + 1] >> 6] |= 1L << twins[at + 1];
            }
        }
    }
}
