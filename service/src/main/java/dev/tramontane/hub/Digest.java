package dev.tramontane.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * What a file's sum must be.
 *
 * @param hex small letters
 */
public record Digest(Kind kind, String hex) {
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SHA_1 = Pattern.compile("[0-9a-f]{40}");

    /** How it is made. */
    public enum Kind {
        SHA_256("SHA-256"),

        /** Git's name of a file: SHA-1 over a header with its length, and the file. */
        GIT("git's SHA-1");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    public Digest {
        if (!(kind == Kind.GIT ? SHA_1 : SHA_256).matcher(hex).matches()) {
            throw new IllegalArgumentException("no digest");
        }
    }

    /** Whether a text is a SHA-256 in hexadecimal digits. */
    static boolean isSha256(String text) {
        return SHA_256.matcher(text).matches();
    }

    static boolean isGit(String text) {
        return SHA_1.matcher(text).matches();
    }

    /** A sum to be made of a file of so many bytes. */
    static MessageDigest start(Kind kind, long bytes) {
        MessageDigest digest = algorithm(kind == Kind.GIT ? "SHA-1" : "SHA-256");
        if (kind == Kind.GIT) {
            digest.update(("blob " + bytes + "\0").getBytes(StandardCharsets.US_ASCII));
        }
        return digest;
    }

    static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(algorithm("SHA-256").digest(bytes));
    }

    private static MessageDigest algorithm(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JVM has " + name, impossible);
        }
    }
}
