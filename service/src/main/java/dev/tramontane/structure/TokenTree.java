package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

    private static final int MAX_COUNT = (1 << 21) - 2;

    /** Each node: byte 8 bits, depth 12, nodes of its branch with itself 22, token + 1 or 0 21, plain 1. */
    private final long[] nodes;

    /** Of each node: bytes from it to the deepest below. */
    private final short[] heights;

    /** By ids: the next id of the same bytes, or -1. */
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
        this.twins = new int[bytes.length];
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
        this.plainTokens = new long[(bytes.length + 63) / 64];
        this.longest = fill(order);
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

    private int fill(Integer[] order) {
        Arrays.fill(twins, -1);
        int[] open = new int[MAX_LENGTH + 1];
        boolean[] mixed = new boolean[nodes.length];
        int depth = 0;
        int used = 0;
        int deepest = 0;
        byte[] before = new byte[0];
        for (Integer id : order) {
            byte[] token = bytes[id];
            int keep = shared(before, token);
            while (depth > keep) {
                close(open[depth--], used, mixed);
            }
            while (depth < token.length) {
                open[++depth] = used;
                nodes[used++] = (token[depth - 1] & 0xffL) << 56 | (long) depth << 44;
            }
            int node = open[depth];
            int twin = token(nodes[node]);
            if (twin < 0) {
                nodes[node] |= (id + 1L) << 1;
            } else {
                twins[id] = twins[twin];
                twins[twin] = id;
            }
            boolean plain = plainText(token);
            if (plain) {
                plainTokens[id >> 6] |= 1L << id;
            }
            for (int at = 1; at <= depth; at++) {
                heights[open[at]] = (short) Math.max(heights[open[at]], depth - at);
                mixed[open[at]] |= !plain || (at < depth && (token[at] & 0xc0) == 0x80);
            }
            deepest = Math.max(deepest, depth);
            before = token;
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

    /** All of these, copied into words of bits. */
    void writePlain(long[] words) {
        System.arraycopy(plainTokens, 0, words, 0, plainTokens.length);
    }

    /** Of all of these, in characters. */
    int longestPlain() {
        return longestPlain;
    }

    /** Whether {@link #writePlain(long[], int)} knows so many characters. */
    boolean countsPlain(int characters) {
        return characters < plainUpTo.length;
    }

    /** Those of at most so many characters, copied likewise. */
    void writePlain(long[] words, int characters) {
        System.arraycopy(plainUpTo[characters], 0, words, 0, plainTokens.length);
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

    /** The next id of the same bytes, or -1. */
    int twin(int id) {
        return twins[id];
    }
}
