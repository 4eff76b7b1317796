package dev.tramontane.api;

import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What every request's head must keep to before it is routed: what proxies and we might read differently is refused, and
 * so is a host that we don't have. Immutable; event loops.
 */
final class HeadRules {
    /** Headers with one value; of two, everybody who reads them picks his own. Netty looks after Content-Length. */
    private static final List<String> SINGLE = List.of(
            "Origin",
            "Authorization",
            "X-Api-Key",
            "Content-Type",
            "Expect",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Version");

    private final Hosts hosts;

    HeadRules(Hosts hosts) {
        this.hosts = hosts;
    }

    /** Why the request is refused and its connection closed, or null. */
    @Nullable
    ApiException refusal(HttpServerRequest request) {
        List<String> named = request.headers().getAll("Host");
        if (named.size() != 1) {
            return ApiException.invalid(400, "A request must have one Host header", "bad_host");
        }
        ApiException refused = hosts.refusal(named.getFirst(), request.uri());
        if (refused == null && !String.valueOf(request.path()).startsWith("/")) {
            // The router would throw: an empty path before a query, an asterisk, an authority.
            refused = ApiException.invalid(
                    400, "The request's target must be a path that begins with /, as in GET /v1/models", "bad_path");
        }
        return refused != null ? refused : framing(request);
    }

    private static @Nullable ApiException framing(HttpServerRequest request) {
        for (String header : SINGLE) {
            if (request.headers().getAll(header).size() > 1) {
                return ApiException.invalid(400, "A request may have one " + header + " header only", "bad_header");
            }
        }
        List<String> codings = request.headers().getAll("Transfer-Encoding");
        if (codings.isEmpty()) {
            return null;
        }
        List<String> applied =
                List.of(String.join(",", codings).toLowerCase(Locale.ROOT).split(",", -1));
        if (applied.size() == 1 && applied.getFirst().strip().equals("chunked")) {
            return null;
        }
        return applied.stream().allMatch(coding -> coding.strip().equals("chunked"))
                ? ApiException.invalid(400, "A body may be chunked once only", "bad_request")
                : ApiException.invalid(
                        501,
                        "The only transfer coding understood is chunked; send the body without compression",
                        "unsupported_transfer_coding");
    }
}
