package dev.tramontane.api.page;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.Replies;
import dev.tramontane.api.page.PageFiles.PageFile;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/**
 * Serves the page's files. They are found in a table that was filled at start, so no path from a request ever reaches a
 * file system or a class loader.
 */
public final class ChatPage implements ApiRoutes {

    /**
     * Only this server's own files may run or be shown, nothing may frame the page, and nothing that is text ever becomes
     * markup or a script: the browser throws where a script tries.
     */
    static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; "
            + "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'";

    /** Revalidated on every load: after an upgrade page and server always match. */
    private static final String REVALIDATED = "no-cache";

    /** For what is at an address that has its hash in it. */
    private static final String FOR_GOOD = "public, max-age=31536000, immutable";

    private final PageFiles files = PageFiles.read();

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get("/", request -> serve(request, files.index(), REVALIDATED));
        endpoints.get(PageFiles.ROOT + "*", this::serveOther);
        endpoints.withoutKey("/", PageFiles.ROOT + "*"); // A browser shows it to ask for the key.
    }

    private void serveOther(RoutingContext request) {
        PageFile file = files.others().get(request.request().path());
        if (file == null) {
            Replies.fail(
                    request,
                    ApiException.invalid(
                            404, "The page has no such file, or not in this release; load it anew", "unknown_url"));
            return;
        }
        serve(request, file, FOR_GOOD);
    }

    private static void serve(RoutingContext request, PageFile file, String caching) {
        HttpServerResponse response = request.response()
                .putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader(HttpHeaders.CACHE_CONTROL, caching)
                .putHeader(HttpHeaders.ETAG, file.etag());
        if (file.etag().equals(request.request().getHeader(HttpHeaders.IF_NONE_MATCH))) {
            response.setStatusCode(304).end();
            return;
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, file.type()).end(file.bytes());
    }
}
