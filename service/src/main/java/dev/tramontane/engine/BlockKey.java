package dev.tramontane.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The name of all tokens up to the end of a block: SHA-256 of the name of what comes before it and of its own tokens, so
 * that equal names mean equal beginnings. A wrong hit would be a wrong answer, and prompts are written by strangers: hence
 * a hash of which nobody can make two alike. The first name is made of whom the cache is for; nobody else's tokens lead to
 * it. Names are the same in every process. Immutable.
 */
record BlockKey(long first, long second, long third, long fourth) {
    private static final int BYTES = 4 * Long.BYTES;

    /** Copied, not looked for each time: a look-up that ends for want of stack leaves classes of the JDK behind that can never be used. */
    private static final MessageDigest SHA_256 = found();

    /** What comes before the first block of a tenant's sequences. Changing it makes all older names worthless. */
    private static final String ROOT = "tramontane prefix 1";

    /** The name of no tokens at all, for whoever uses an adapter: nobody else finds what was computed with it. */
    static BlockKey root(Tenant tenant, @Nullable EngineAdapter adapter) {
        BlockKey root = root(tenant);
        if (adapter == null) {
            return root;
        }
        byte[] digest = adapter.digest().getBytes(StandardCharsets.UTF_8);
        // No block of tokens is hashed like this: its bytes are whole ids after the name, and these are one too many.
        ByteBuffer bytes = ByteBuffer.allocate(BYTES + 1 + digest.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(root.first)
                .putLong(root.second)
                .putLong(root.third)
                .putLong(root.fourth)
                .put(digest)
                .put((byte) 0);
        return of(sha256(), bytes.array());
    }

    /** The name of no tokens at all. */
    static BlockKey root(Tenant tenant) {
        byte[] name = tenant.name().getBytes(StandardCharsets.UTF_8);
        byte[] more = tenant.salt().getBytes(StandardCharsets.UTF_8);
        byte[] kind = ROOT.getBytes(StandardCharsets.UTF_8);
        // With its length, so that no name runs into a salt.
        ByteBuffer bytes = ByteBuffer.allocate(kind.length + Integer.BYTES + name.length + more.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(kind)
                .putInt(name.length)
                .put(name)
                .put(more);
        return of(sha256(), bytes.array());
    }

    /** The name of what this names and of {@code count} tokens after it. */
    BlockKey then(int[] tokens, int from, int count) {
        return then(sha256(), tokens, from, count);
    }

    /** @param digest a SHA-256 that nobody else uses now */
    BlockKey then(MessageDigest digest, int[] tokens, int from, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES + count * Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(first)
                .putLong(second)
                .putLong(third)
                .putLong(fourth);
        for (int i = 0; i < count; i++) {
            bytes.putInt(tokens[from + i]);
        }
        return of(digest, bytes.array());
    }

    /** Before any request: this class is there, or nothing is. */
    static void prepare() {
        sha256();
    }

    /** One of the caller's own. */
    static MessageDigest sha256() {
        try {
            return (MessageDigest) SHA_256.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("every Java platform's SHA-256 can be copied", e);
        }
    }

    private static MessageDigest found() {
        try {
            MessageDigest made = MessageDigest.getInstance("SHA-256");
            made.digest(); // What the first use of one loads is there, too.
            return made;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static BlockKey of(MessageDigest digest, byte[] bytes) {
        ByteBuffer hash = ByteBuffer.wrap(digest.digest(bytes)).order(ByteOrder.LITTLE_ENDIAN);
        return new BlockKey(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
    }

    /** Every part of it is as good as a random number. */
    @Override
    public int hashCode() {
        return (int) first;
    }

    /** 64 hexadecimal digits, fit for a file's name. */
    @Override
    public String toString() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(first)
                .putLong(second)
                .putLong(third)
                .putLong(fourth);
        return HexFormat.of().formatHex(bytes.array());
    }
}
