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

    /** What stands in a log line and in a header without being quoted. */
    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9._:+/=-]{1,128}");

    private static final int RANDOM_BYTES = 12;
    private static final SecureRandom RANDOM = new SecureRandom();

    private RequestIds() {}

    /** The client's own, or a new one. */
    static String of(HttpServerRequest request) {
        List<String> given = request.headers().getAll(HEADER);
        return given.size() == 1 && WELL_FORMED.matcher(given.getFirst()).matches() ? given.getFirst() : next();
    }

    private static String next() {
        byte[] id = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(id);
        return "req_" + HexFormat.of().formatHex(id);
    }
}
