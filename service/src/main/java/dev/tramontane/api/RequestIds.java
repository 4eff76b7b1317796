package dev.tramontane.api;

import io.vertx.core.http.HttpServerRequest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The name of a request, by which its client, the proxies before it and the access log speak of the same one. A client
 * may bring its own in {@code X-Request-Id}; one that is not well formed, or comes twice, is not repeated. Any thread.
 */
public final class RequestIds {
    public static final String HEADER = "X-Request-Id";

    /** A regular expression for what stands in a log line, a header and an answer without being quoted. */
    public static final String FORM = "[A-Za-z0-9._:+/=-]{1,128}";

    private static final Pattern WELL_FORMED = Pattern.compile(FORM);

    private static final int RANDOM_BYTES = 12;
    private static final SecureRandom RANDOM = new SecureRandom();

    private RequestIds() {}

    /** The client's own, or a new one. */
    static String of(HttpServerRequest request) {
        List<String> given = request.headers().getAll(HEADER);
        return given.size() == 1 && wellFormed(given.getFirst()) ? given.getFirst() : next();
    }

    /** Whether a client's name for something can be repeated. */
    public static boolean wellFormed(String id) {
        return WELL_FORMED.matcher(id).matches();
    }

    private static String next() {
        byte[] id = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(id);
        return "req_" + HexFormat.of().formatHex(id);
    }
}
