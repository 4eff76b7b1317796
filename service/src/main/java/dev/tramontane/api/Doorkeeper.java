package dev.tramontane.api;

import dev.tramontane.keys.Credential;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a key where keys are asked for: {@code Authorization: Bearer KEY}, {@code X-Api-Key: KEY}, or, since browsers give
 * a WebSocket no headers, the subprotocol {@code openai-insecure-api-key.KEY}. Asked at each route rather than by path, so
 * that no spelling of a path passes by. Event loops.
 */
public final class Doorkeeper {
    /** Lets everybody in. */
    public static final Doorkeeper OPEN = new Doorkeeper(null, KeyObserver.NONE);

    /** What a browser's WebSocket offers before its key; OpenAI's own way. */
    static final String SUBPROTOCOL = "openai-insecure-api-key.";

    private static final String CODE = "invalid_api_key";
    private static final String CHALLENGE = "Bearer realm=\"tramontane\"";

    private final @Nullable KeyRing ring;
    private final KeyObserver observer;

    private Doorkeeper(@Nullable KeyRing ring, KeyObserver observer) {
        this.ring = ring;
        this.observer = observer;
    }

    /** Lets those in who have one of these keys. */
    public static Doorkeeper of(KeyRing ring, KeyObserver observer) {
        return new Doorkeeper(ring, observer);
    }

    /** Whether the request may pass. If not, it has been answered. */
    boolean admits(RoutingContext context) {
        if (ring == null) {
            return true;
        }
        try {
            Caller caller = caller(context.request(), context.response(), ring);
            context.put(Caller.KEY, caller);
            if (context.request().method().equals(HttpMethod.POST)) {
                try {
                    caller.takeRequest();
                } finally {
                    caller.tell(context.response());
                }
            }
            return true;
        } catch (ApiException refused) {
            Replies.fail(context, refused);
            return false;
        }
    }

    private Caller caller(HttpServerRequest request, HttpServerResponse response, KeyRing valid) {
        Set<String> presented = presented(request);
        if (presented.isEmpty()) {
            response.putHeader("WWW-Authenticate", CHALLENGE);
            throw ApiException.invalid(
                    401, "This server asks for an API key: send the header 'Authorization: Bearer KEY'", CODE);
        }
        Credential credential =
                presented.size() > 1 ? null : valid.find(presented.iterator().next());
        if (credential == null) {
            response.putHeader("WWW-Authenticate", CHALLENGE + ", error=\"invalid_token\"");
            throw ApiException.invalid(
                    401,
                    presented.size() > 1
                            ? "Several different API keys were sent; send one"
                            : "Incorrect API key provided; the operator of this server gives out keys",
                    CODE);
        }
        return new Caller(valid, credential, observer);
    }

    private static Set<String> presented(HttpServerRequest request) {
        Set<String> keys = new TreeSet<>();
        for (String value : request.headers().getAll("Authorization")) {
            // The scheme in any case, RFC 9110, section 11.1; what another scheme shows is no key.
            keys.add(
                    value.regionMatches(true, 0, "Bearer ", 0, 7)
                            ? value.substring(7).strip()
                            : "");
        }
        keys.addAll(request.headers().getAll("X-Api-Key"));
        request.headers().getAll("Sec-WebSocket-Protocol").stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(String::strip)
                .filter(protocol -> protocol.startsWith(SUBPROTOCOL))
                .forEach(protocol -> keys.add(protocol.substring(SUBPROTOCOL.length())));
        return keys;
    }
}
