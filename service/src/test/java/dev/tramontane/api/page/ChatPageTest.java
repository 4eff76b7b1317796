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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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

    /** What the page names, as it names it: the address, and for scripts and style sheets the hash. */
    private Map<String, String> named() throws Exception {
        Map<String, String> named = new TreeMap<>();
        Pattern.compile("(?:href|src)=\"(/[^\"]+)\"(?: integrity=\"([^\"]+)\")?")
                .matcher(ask("GET", "/").body())
                .results()
                .forEach(match -> named.put(match.group(1), Objects.requireNonNullElse(match.group(2), "")));
        return named;
    }

    @ParameterizedTest
    @CsvSource({
        "/, text/html; charset=utf-8",
        "base.css, text/css; charset=utf-8",
        "app.js, text/javascript; charset=utf-8",
        "vendor/markdown-it.js, text/javascript; charset=utf-8",
        "icon.svg, image/svg+xml"
    })
    void servesItsFilesGuarded(String file, String type) throws Exception {
        boolean page = file.equals("/");
        String path = page
                ? file
                : named().keySet().stream()
                        .filter(name -> name.endsWith('/' + file))
                        .findFirst()
                        .orElseThrow();
        HttpResponse<String> response = ask("GET", path);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isNotBlank();
        assertThat(response.headers().map())
                .containsEntry("content-type", List.of(type))
                .containsEntry("x-content-type-options", List.of("nosniff"))
                .containsEntry("cache-control", List.of(page ? "no-cache" : "public, max-age=31536000, immutable"))
                .containsEntry(
                        "content-security-policy",
                        List.of("default-src 'none'; script-src 'self'; style-src"
                                + " 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
                                + " frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"));
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

    /** A browser that has them keeps them for good, so their addresses change with any of them, and it checks what it gets. */
    @Test
    void everyFileIsAtItsHash() throws Exception {
        Map<String, String> named = named();
        assertThat(named.keySet()).allSatisfy(path -> assertThat(path).matches("/page/[0-9a-f]{16}/[a-z/.-]+"));
        assertThat(named.keySet().stream().map(path -> path.substring(0, 22)).distinct())
                .hasSize(1);
        for (Map.Entry<String, String> file : named.entrySet()) {
            HttpResponse<String> response = ask("GET", file.getKey());
            assertThat(response.statusCode()).as(file.getKey()).isEqualTo(200);
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(response.body().getBytes(StandardCharsets.UTF_8));
            assertThat(file.getValue())
                    .as(file.getKey())
                    .isEqualTo(
                            file.getKey().endsWith(".svg")
                                    ? ""
                                    : "sha256-" + Base64.getEncoder().encodeToString(hash));
        }
        HttpResponse<String> old = ask("GET", "/page/0123456789abcdef/app.js");
        assertThat(old.statusCode()).isEqualTo(404);
        assertThat(old.body()).contains("load it anew");
        assertThat(old.headers().firstValue("cache-control").orElse("")).doesNotContain("immutable");
    }

    /** The page names every module, so that the browser checks all of them and loads them side by side. */
    @Test
    void thePageNamesEveryModule() throws Exception {
        Map<String, String> named = named();
        Set<String> imported = new TreeSet<>();
        for (String path : named.keySet()) {
            if (path.endsWith(".js") && !path.contains("/vendor/")) {
                Pattern.compile("(?:from |import\\()\"\\./([^\"]+)\"")
                        .matcher(ask("GET", path).body())
                        .results()
                        .forEach(match -> imported.add(path.substring(0, 23) + match.group(1)));
            }
        }
        assertThat(named.keySet()).containsAll(imported);
        imported.addAll(named.keySet().stream()
                .filter(path -> path.endsWith("/app.js") || path.endsWith("/theme.js"))
                .toList());
        assertThat(named.keySet().stream().filter(path -> path.endsWith(".js"))).hasSameElementsAs(imported);
        try (Stream<Path> files = Files.walk(Path.of("src/main/resources/web"))) {
            assertThat(files.filter(file -> file.toString().matches(".*\\.(js|css|svg)"))
                            .map(file -> named.keySet().iterator().next().substring(0, 23)
                                    + Path.of("src/main/resources/web").relativize(file)))
                    .hasSameElementsAs(named.keySet());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/index.html",
                "/web/index.html",
                "/../pom.xml",
                "/%2e%2e/pom.xml",
                "/..%2fpom.xml",
                "/page/",
                "/page/app.js",
                "/page/../index.html",
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
        for (String path : named().keySet()) {
            if (path.endsWith(".js")) {
                String banned = "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\b|new Function";
                // The parser makes addresses of words that look like one, and names its own home.
                String foreign = path.contains("/vendor/") ? "" : "|https?://";
                assertThat(ask("GET", path).body()).as(path).doesNotContainPattern(Pattern.compile(banned + foreign));
            }
        }
    }
}
