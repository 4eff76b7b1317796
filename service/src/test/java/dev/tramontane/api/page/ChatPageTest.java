package dev.tramontane.api.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.Allowed;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.HttpService;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page's files over HTTP: headers, caching, and no way to any other file. */
class ChatPageTest {
    private static final ApiConfig CONFIG = new ApiConfig(
            "127.0.0.1",
            0,
            1,
            TransportLimits.DEFAULT,
            SocketLimits.DEFAULT,
            RequestLimits.DEFAULT,
            Duration.ofSeconds(15),
            64,
            Allowed.USUAL,
            Set.of(),
            false,
            "test");

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private int port;

    @BeforeEach
    void serve() {
        port = new HttpService(vertx, CONFIG, List.of(new ChatPage()), HttpObserver.NONE)
                .start()
                .await();
    }

    @AfterEach
    void stop() {
        client.close();
        vertx.close().await();
    }

    private HttpResponse<String> ask(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @ParameterizedTest
    @CsvSource({
        "/, text/html; charset=utf-8",
        "/style.css, text/css; charset=utf-8",
        "/chat.js, text/javascript; charset=utf-8",
        "/responses.js, text/javascript; charset=utf-8",
        "/icon.svg, image/svg+xml"
    })
    void servesItsFilesGuarded(String path, String type) throws Exception {
        HttpResponse<String> response = ask("GET", path);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isNotBlank();
        assertThat(response.headers().map())
                .containsEntry("content-type", List.of(type))
                .containsEntry("x-content-type-options", List.of("nosniff"))
                .containsEntry("cache-control", List.of("no-cache"))
                .containsEntry(
                        "content-security-policy",
                        List.of("default-src 'none'; script-src 'self'; style-src"
                                + " 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
                                + " frame-ancestors 'none'"));
        String etag = response.headers().firstValue("etag").orElseThrow();
        HttpResponse<String> again = ask("GET", path, "If-None-Match", etag);
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(ask("GET", path, "If-None-Match", "\"other\"").statusCode()).isEqualTo(200);
        HttpResponse<String> head = ask("HEAD", path);
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().map()).containsEntry("etag", List.of(etag));
        assertThat(ask("POST", path).statusCode()).isEqualTo(405);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/index.html",
                "/web/index.html",
                "/../pom.xml",
                "/%2e%2e/pom.xml",
                "/..%2fpom.xml",
                "/style.css%00",
                "//etc/passwd",
                "/dev/tramontane/api/page/ChatPage.class",
                "/META-INF/MANIFEST.MF"
            })
    void servesNothingElse(String path) throws Exception {
        HttpResponse<String> response = ask("GET", path);
        assertThat(response.statusCode()).isBetween(400, 404);
        assertThat(response.body()).contains("\"error\"");
    }

    /** What the policy would block would not work; so nothing of it may be written. */
    @Test
    void holdsNothingThatItsPolicyForbids() throws Exception {
        String html = ask("GET", "/").body();
        assertThat(html)
                .doesNotContainPattern(Pattern.compile("<script(?![^>]*src=)|<style|\\sstyle=|\\son\\w+=|https?://"));
        for (String script : List.of("/chat.js", "/responses.js")) {
            assertThat(ask("GET", script).body())
                    .doesNotContainPattern(
                            Pattern.compile("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\b|new"
                                    + " Function|https?://"));
        }
    }
}
