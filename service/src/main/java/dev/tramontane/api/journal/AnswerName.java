package dev.tramontane.api.journal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Under which an answer lies in the directory: a hash of whose it is and of its id. So nobody finds another's, whatever id he
 * says, and no id is a path.
 *
 * @param hex {@value #LENGTH} digits
 */
record AnswerName(String hex) {
    static final int LENGTH = 64;

    static AnswerName of(String tenant, String id) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(
                    ("tramontane answer\n" + tenant.length() + "\n" + tenant + id).getBytes(StandardCharsets.UTF_8));
            return new AnswerName(HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }
}
