package dev.tramontane.stages;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a connection, of fixed length, before anything is parsed or any memory taken by what they say. Each side sends a word, the
 * wire's version, its role, whether it has a secret, and 32 random bytes. With a secret each then sends HMAC-SHA256 (RFC 2104) of its role and both
 * sides' random bytes, the head first; whoever is not believed hears one byte and is left. So nothing that was recorded can be said again,
 * and no side's proof is the other's.
 */
final class Greeting {
    /** Raised whenever frames change. */
    static final int VERSION = 1;

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
    private static final int NONCE = 32;
    private static final int LENGTH = WORD.length + 4 + NONCE;
    private static final int BELIEVED = 1;
    private static final SecureRandom RANDOM = new SecureRandom();

    private Greeting() {}

    /**
     * Greets and checks who is there. Blocks as long as the other side does.
     *
     * @throws IOException when it is nobody to speak to, in words for people
     */
    static void exchange(InputStream in, OutputStream out, Role role, byte @Nullable [] secret) throws IOException {
        byte[] own = new byte[LENGTH];
        System.arraycopy(WORD, 0, own, 0, WORD.length);
        own[4] = VERSION;
        own[6] = (byte) role.number;
        own[7] = (byte) (secret == null ? 0 : 1);
        byte[] nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        System.arraycopy(nonce, 0, own, LENGTH - NONCE, NONCE);
        out.write(own);
        out.flush();
        DataInputStream data = new DataInputStream(in);
        byte[] other = new byte[LENGTH];
        data.readFully(other);
        check(other, role, secret != null);
        if (secret != null) {
            byte[] headNonce = role == Role.HEAD ? own : other;
            byte[] stageNonce = role == Role.HEAD ? other : own;
            prove(data, out, role, secret, headNonce, stageNonce);
        }
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
