package dev.tramontane.api.ws;

import dev.tramontane.api.ApiException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What RFC 6455, section 4.2.1, asks of a client's opening handshake. Event loop. */
final class Handshake {
    /** The only version there is. */
    static final String VERSION = "13";

    /** Sixteen bytes in base64. */
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9+/]{22}==");

    private Handshake() {}

    /** Why the request does not become a socket, or null. Status 426 when it does not ask for one that we speak. */
    static @Nullable ApiException refusal(HttpServerRequest request) {
        if (!request.method().equals(HttpMethod.GET)
                || request.version() != HttpVersion.HTTP_1_1
                || !lists(request, "Upgrade", "websocket")
                || !lists(request, "Connection", "upgrade")) {
            return ApiException.invalid(
                    426, "GET " + ResponsesRoute.PATH + " opens a WebSocket; ask for an upgrade", "upgrade_required");
        }
        if (!VERSION.equals(request.getHeader("Sec-WebSocket-Version"))) {
            return ApiException.invalid(
                    426, "The version of WebSocket must be " + VERSION, "unsupported_websocket_version");
        }
        String key = request.getHeader("Sec-WebSocket-Key");
        if (key == null || !KEY.matcher(key).matches()) {
            return ApiException.invalid(
                    400, "The header Sec-WebSocket-Key must be 16 bytes in base64", "bad_websocket_key");
        }
        return null;
    }

    private static boolean lists(HttpServerRequest request, String header, String token) {
        return request.headers().getAll(header).stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .anyMatch(value -> value.strip().equalsIgnoreCase(token));
    }
}
