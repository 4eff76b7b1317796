package dev.tramontane.api.responses;

import dev.tramontane.api.Instance;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Ids that cannot be guessed: whoever knows one may cancel its response. Any thread. */
public final class ResponseIds {
    private static final int BYTES = 20;
    private static final Pattern WHOLE = Pattern.compile("resp_[0-9a-f]{40}([0-9a-f]{" + Instance.LENGTH + "})?");
    private static final SecureRandom RANDOM = new SecureRandom();

    private ResponseIds() {}

    /** Whether a response of this or another server could have this id, prefix included. */
    static boolean isOne(String id) {
        return WHOLE.matcher(id).matches();
    }

    /** A new one, without a prefix, that begins with the server's mark if it has one. */
    public static String next(Instance here) {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return here.mark() + HexFormat.of().formatHex(bytes);
    }
}
