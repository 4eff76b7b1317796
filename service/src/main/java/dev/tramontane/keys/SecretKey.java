package dev.tramontane.keys;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * A key as its holder has it: 256 bits of chance behind a prefix that scanners of secrets can look for. Nothing else is
 * taken as a key, so nobody can list the hash of a word that can be guessed; that is why a hash needs neither salt nor
 * stretching. Any thread.
 */
public final class SecretKey {
    /** What each begins with. */
    public static final String PREFIX = "sk-tm-";

    private static final int BYTES = 32;

    /** 32 bytes in base64url without padding: also a token of RFC 9110, so it fits into any header. */
    private static final Pattern FORM = Pattern.compile(PREFIX + "[A-Za-z0-9_-]{43}");

    private SecretKey() {}

    /** A new one. */
    public static String make(SecureRandom random) {
        byte[] chance = new byte[BYTES];
        random.nextBytes(chance);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(chance);
    }

    /** Whether a text has the form of a key at all. */
    public static boolean isKey(String text) {
        return FORM.matcher(text).matches();
    }

    /** SHA-256 of its characters: what the file lists. */
    public static byte[] hash(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException impossible) { // Every Java has it.
            throw new IllegalStateException(impossible);
        }
    }
}
