package dev.tramontane.api.page;

import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Endpoints;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * Serves the page's files. Each has its own route and is named here, so no path from a request ever reaches a file
 * system or a class loader.
 */
public final class ChatPage implements ApiRoutes {

    /** Only this server's own files may run or be shown, and nothing may frame the page. */
    static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; "
            + "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final Map<String, String> FILES = Map.of(
            "/", "index.html",
            "/style.css", "style.css",
            "/chat.js", "chat.js",
            "/responses.js", "responses.js",
            "/icon.svg", "icon.svg");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    private record Asset(Buffer bytes, String type, String etag) {}

    private final Map<String, Asset> assets = new TreeMap<>();

    /** Reads the files. Not on the event loop. */
    public ChatPage() {
        FILES.forEach((path, file) -> assets.put(path, read(file)));
    }

    @Override
    public void mount(Endpoints endpoints) {
        assets.forEach((path, asset) -> {
            endpoints.get(path, request -> serve(request, asset));
            endpoints.withoutKey(path); // A browser shows it to ask for the key.
        });
    }

    private static void serve(RoutingContext request, Asset asset) {
        HttpServerResponse response = request.response()
                .putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                // Revalidated on every load: after an upgrade page and server always match.
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .putHeader(HttpHeaders.ETAG, asset.etag());
        if (asset.etag().equals(request.request().getHeader(HttpHeaders.IF_NONE_MATCH))) {
            response.setStatusCode(304).end();
            return;
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, asset.type()).end(asset.bytes());
    }

    private static Asset read(String file) {
        try (InputStream in = ChatPage.class.getResourceAsStream("/web/" + file)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks web/" + file + "; build it again");
            }
            byte[] bytes = in.readAllBytes();
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            String type = TYPES.get(file.substring(file.lastIndexOf('.') + 1));
            if (type == null) {
                throw new IllegalStateException("web/" + file + " has no known content type");
            }
            return new Asset(Buffer.buffer(bytes), type, '"' + HexFormat.of().formatHex(digest, 0, 12) + '"');
        } catch (IOException failed) {
            throw new UncheckedIOException("web/" + file + " could not be read from the jar", failed);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
