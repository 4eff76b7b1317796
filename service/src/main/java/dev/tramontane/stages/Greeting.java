package dev.tramontane.stages;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a connection, of fixed length, before anything is parsed or any memory taken by what they say. Each side sends a word, the
 * wire's version, its role, whether it has a secret, after how many milliseconds of silence it gives the other one up, and 32 random bytes. With a secret each
 * then sends HMAC-SHA256 (RFC 2104) of its role and both sides' greetings, the head first; whoever is not believed hears one byte and is left. So nothing that
 * was recorded can be said again, nothing that was said can be changed, and no side's proof is the other's. The first eight bytes are the same in every
 * version, and are looked at before the rest is waited for.
 */
final class Greeting {
    /** Raised whenever frames change. */
    static final int VERSION = 2;

    /** Who speaks. */
    enum Role {
        HEAD(1),
        STAGE(2);

        final int number;

        Role(int number) {
            this.number = number;
        }

        Role other() {
            return this == HEAD ? STAGE : HEAD;
        }
    }

    private static final byte[] WORD = "TMST".getBytes(StandardCharsets.US_ASCII);
    private static final int FIRST = WORD.length + 4;
    private static final int NONCE = 32;
    private static final int LENGTH = FIRST + Integer.BYTES + NONCE;
    private static final int BELIEVED = 1;
    private static final SecureRandom RANDOM = new SecureRandom();

    private Greeting() {}

    /**
     * Greets and checks who is there. Blocks as long as the other side does.
     *
     * @param silence after which this side gives the other one up
     * @return after which the other side gives this one up
     * @throws IOException when it is nobody to speak to, in words for people
     */
    static Duration exchange(InputStream in, OutputStream out, Role role, byte @Nullable [] secret, Duration silence)
            throws IOException {
        byte[] own = own(role, secret != null, silence);
        out.write(own);
        out.flush();
        DataInputStream data = new DataInputStream(in);
        byte[] other = new byte[LENGTH];
        data.readFully(other, 0, FIRST);
        check(other, role, secret != null);
        data.readFully(other, FIRST, LENGTH - FIRST);
        if (secret != null) {
            byte[] head = role == Role.HEAD ? own : other;
            byte[] stage = role == Role.HEAD ? other : own;
            prove(data, out, role, secret, head, stage);
        }
        return Duration.ofMillis(Integer.toUnsignedLong(
                ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN).getInt(FIRST)));
    }

    private static byte[] own(Role role, boolean secret, Duration silence) {
        byte[] nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        return ByteBuffer.allocate(LENGTH)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(WORD)
                .putShort((short) VERSION)
                .put((byte) role.number)
                .put((byte) (secret ? 1 : 0))
                .putInt((int) Math.min(Integer.MAX_VALUE, silence.toMillis()))
                .put(nonce)
                .array();
    }

    private static void check(byte[] other, Role role, boolean secret) throws WireException {
        if (!Arrays.equals(other, 0, WORD.length, WORD, 0, WORD.length)) {
            throw new WireException("what answers there is no " + (role == Role.HEAD ? "stage" : "head")
                    + " of tramontane, or speaks TLS where this side does not");
        }
        int version = Byte.toUnsignedInt(other[4]) | Byte.toUnsignedInt(other[5]) << 8;
        if (version != VERSION) {
            throw new WireException("the other side speaks version " + version + " of the wire, this one " + VERSION
                    + ": run the same release everywhere");
        }
        if (other[6] != role.other().number) {
            throw new WireException("the other side is a " + (role == Role.HEAD ? "head" : "stage") + ", too");
        }
        if (other[7] != (secret ? 1 : 0)) {
            throw new WireException(
                    secret
                            ? "this side has a shared secret, the other one has none: both need --stage-secret-file"
                            : "the other side has a shared secret, this one has none: both need --stage-secret-file");
        }
    }

    private static void prove(DataInputStream in, OutputStream out, Role role, byte[] secret, byte[] head, byte[] stage)
            throws IOException {
        byte[] heads = proof(secret, Role.HEAD, head, stage);
        byte[] stages = proof(secret, Role.STAGE, head, stage);
        if (role == Role.HEAD) {
            out.write(heads);
            out.flush();
            if (in.readUnsignedByte() != BELIEVED) {
                throw new WireException("it has another shared secret: both sides need the same file");
            }
            expect(in, stages);
        } else {
            try {
                expect(in, heads);
            } catch (WireException stranger) {
                out.write(0);
                out.flush();
                throw stranger;
            }
            out.write(BELIEVED);
            out.write(stages);
            out.flush();
        }
    }

    private static void expect(DataInputStream in, byte[] wanted) throws IOException {
        byte[] given = new byte[wanted.length];
        in.readFully(given);
        if (!MessageDigest.isEqual(given, wanted)) {
            throw new WireException("the other side has another shared secret: both sides need the same file");
        }
    }

    private static byte[] proof(byte[] secret, Role role, byte[] head, byte[] stage) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            mac.update(("tramontane " + role + " ").getBytes(StandardCharsets.US_ASCII));
            mac.update(head);
            mac.update(stage);
            return mac.doFinal();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java platform has HmacSHA256", impossible);
        }
    }
}
