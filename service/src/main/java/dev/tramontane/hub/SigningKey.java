package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * An Ed25519 key (RFC 8032) as OpenSSH writes it ({@code PROTOCOL.key}; RFC 4253 and RFC 8709 for what is in it). Any thread.
 */
final class SigningKey {
    /** Bytes of such a file at most. */
    static final int MOST = 1 << 14;

    private static final String NAME = "Ed25519";
    private static final String SSH_NAME = "ssh-ed25519";
    private static final String MAGIC = "openssh-key-v1\0";
    private static final String BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private static final String END = "-----END OPENSSH PRIVATE KEY-----";
    private static final int HALF = 32;
    private static final int LINE = 70;

    /** The private part is padded to so many. */
    private static final int BLOCK = 8;

    private final byte[] seed;
    private final byte[] publicHalf;
    private final PrivateKey key;

    private SigningKey(byte[] seed, byte[] publicHalf) throws GeneralSecurityException {
        this.seed = seed;
        this.publicHalf = publicHalf;
        key = KeyFactory.getInstance(NAME).generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
        byte[] probe = {1};
        Signature check = Signature.getInstance(NAME);
        check.initVerify(publicKey(publicHalf));
        check.update(probe);
        if (!check.verify(sign(probe))) {
            throw new GeneralSecurityException("two halves of different keys");
        }
    }

    /** A new one. */
    static SigningKey make() {
        try {
            KeyPair pair = KeyPairGenerator.getInstance(NAME).generateKeyPair();
            byte[] seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
            return new SigningKey(seed, half(((EdECPublicKey) pair.getPublic()).getPoint()));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every JVM has " + NAME, impossible);
        }
    }

    /**
     * Reads a file's text.
     *
     * @param what it is, for messages
     * @throws HubException when it is none, or is locked with a passphrase
     */
    static SigningKey read(String text, String what) {
        String body = text.strip();
        if (!body.startsWith(BEGIN) || !body.endsWith(END)) {
            throw wrong(what, "it does not begin and end as OpenSSH's private keys do", null);
        }
        try {
            String inner = body.substring(BEGIN.length(), body.length() - END.length());
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getMimeDecoder().decode(inner));
            byte[] magic = new byte[MAGIC.length()];
            bytes.get(magic);
            if (!new String(magic, StandardCharsets.US_ASCII).equals(MAGIC)) {
                throw wrong(what, "it is of another format", null);
            }
            String cipher = text(bytes);
            String derived = text(bytes);
            string(bytes);
            if (!cipher.equals("none") || !derived.equals("none")) {
                throw wrong(what, "it is locked with a passphrase, which nobody is asked for here", null);
            }
            if (bytes.getInt() != 1) {
                throw wrong(what, "it holds several keys", null);
            }
            string(bytes);
            return secret(ByteBuffer.wrap(string(bytes)), what);
        } catch (BufferUnderflowException | IllegalArgumentException cut) {
            throw wrong(what, "it is cut off or damaged", cut);
        }
    }

    private static SigningKey secret(ByteBuffer bytes, String what) {
        int check = bytes.getInt();
        if (bytes.getInt() != check) { // Who unlocks a key sees by these that the passphrase was right.
            throw wrong(what, "it is damaged", null);
        }
        if (!text(bytes).equals(SSH_NAME)) {
            throw wrong(what, "it is no ed25519 key", null);
        }
        byte[] publicHalf = string(bytes);
        byte[] both = string(bytes);
        if (publicHalf.length != HALF
                || both.length != 2 * HALF
                || !Arrays.equals(publicHalf, 0, HALF, both, HALF, 2 * HALF)) {
            throw wrong(what, "it is damaged", null);
        }
        try {
            return new SigningKey(Arrays.copyOf(both, HALF), publicHalf);
        } catch (GeneralSecurityException damaged) {
            throw wrong(what, "it is damaged", damaged);
        }
    }

    /** As a file has it. */
    String text() {
        byte[] secret = strings(out -> {
            int check =
                    Arrays.hashCode(publicHalf); // Both are equal: more is not asked of them where nothing is locked.
            out.writeInt(check);
            out.writeInt(check);
            put(out, SSH_NAME.getBytes(StandardCharsets.US_ASCII));
            put(out, publicHalf);
            byte[] both = Arrays.copyOf(seed, 2 * HALF);
            System.arraycopy(publicHalf, 0, both, HALF, HALF);
            put(out, both);
            put(out, new byte[0]);
            for (int i = 1; out.size() % BLOCK != 0; i++) {
                out.write(i);
            }
        });
        byte[] all = strings(out -> {
            out.write(MAGIC.getBytes(StandardCharsets.US_ASCII));
            put(out, "none".getBytes(StandardCharsets.US_ASCII));
            put(out, "none".getBytes(StandardCharsets.US_ASCII));
            put(out, new byte[0]);
            out.writeInt(1);
            put(out, publicBlob());
            put(out, secret);
        });
        Base64.Encoder lines = Base64.getMimeEncoder(LINE, new byte[] {'\n'});
        return BEGIN + "\n" + lines.encodeToString(all) + "\n" + END + "\n";
    }

    /** The half that may be shown, in base64 as it stands behind {@code ssh-ed25519} in a line of it. */
    String publicText() {
        return Base64.getEncoder().encodeToString(publicBlob());
    }

    /** The line that is entered where somebody should know it. */
    String publicLine() {
        return SSH_NAME + " " + publicText();
    }

    private byte[] publicBlob() {
        return strings(out -> {
            put(out, SSH_NAME.getBytes(StandardCharsets.US_ASCII));
            put(out, publicHalf);
        });
    }

    byte[] sign(byte[] message) {
        try {
            Signature signature = Signature.getInstance(NAME);
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("a key that has signed before", impossible);
        }
    }

    /** Little-endian, the sign of x in the highest bit. */
    private static byte[] half(EdECPoint point) {
        byte[] big = point.getY().toByteArray();
        byte[] little = new byte[HALF];
        for (int i = 0; i < Math.min(HALF, big.length); i++) {
            little[i] = big[big.length - 1 - i];
        }
        if (point.isXOdd()) {
            little[HALF - 1] |= (byte) 0x80;
        }
        return little;
    }

    private static PublicKey publicKey(byte[] half) throws GeneralSecurityException {
        byte[] big = new byte[HALF];
        for (int i = 0; i < HALF; i++) {
            big[i] = half[HALF - 1 - i];
        }
        boolean odd = (big[0] & 0x80) != 0;
        big[0] &= 0x7f;
        return KeyFactory.getInstance(NAME)
                .generatePublic(
                        new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, big))));
    }

    private static byte[] string(ByteBuffer bytes) {
        int length = bytes.getInt();
        if (length < 0 || length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] string = new byte[length];
        bytes.get(string);
        return string;
    }

    private static String text(ByteBuffer bytes) {
        return new String(string(bytes), StandardCharsets.US_ASCII);
    }

    private static void put(DataOutputStream out, byte[] string) throws IOException {
        out.writeInt(string.length);
        out.write(string);
    }

    /** Writes into memory. */
    private interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    private static byte[] strings(Writer writer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            writer.write(new DataOutputStream(bytes));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    private static HubException wrong(String what, String why, @Nullable Throwable cause) {
        String message = "the key " + what + " cannot be used: " + why
                + " (ssh-keygen -t ed25519 makes one that can, without a passphrase)";
        return cause == null ? new HubException(Kind.INVALID, message) : new HubException(Kind.INVALID, message, cause);
    }
}
