package dev.tramontane.api.responses;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Ids that cannot be guessed: whoever knows one may cancel its response. Any thread. */
public final class ResponseIds {
    private static final int BYTES = 20;
    private static final SecureRandom RANDOM = new SecureRandom();

    private ResponseIds() {}

    /** A new one, without a prefix. */
    public static String next() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
