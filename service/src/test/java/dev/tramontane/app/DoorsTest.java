package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.TestCertificates;
import dev.tramontane.fixtures.TestCertificates.Identity;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The clients' door with TLS, and the operator's. Whole programs, over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DoorsTest {
    private static final Pattern MANAGEMENT = Pattern.compile("tramontane: management at (\\S+)\\R");
    private static final String QUESTION =
            "{\"prompt\": \"hello\", \"max_tokens\": 5, \"ignore_eos\": true, \"temperature\": 0";

    @TempDir
    static Path dir;

    private Path certificate = Path.of("");
    private Path key = Path.of("");
    private Identity server;
    private Identity authority;
    private TestCertificates made;

    @BeforeAll
    void make() throws Exception {
        made = new TestCertificates(dir);
        server = made.selfSigned("server");
        authority = made.selfSigned("authority", "-ext", "bc:c");
        certificate = Files.writeString(dir.resolve("tls.crt"), server.pem());
        key = Files.writeString(dir.resolve("tls.key"), server.key());
    }

    private static HttpResponse<String> get(HttpClient client, String url) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
    }

    private static HttpRequest question(String address, String more) {
        return HttpRequest.newBuilder(URI.create(address + "/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(QUESTION + more + "}"))
                .build();
    }

    private static HttpClient client(SSLContext context) {
        return HttpClient.newBuilder()
                .sslContext(context)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    @Test
    void figuresAreReachedByTheOperatorsDoorOnly() throws Exception {
        try (RunningService run = new RunningService(dir, "--management-port", "0");
                HttpClient client = HttpClient.newHttpClient()) {
            String management = run.found(MANAGEMENT);
            assertThat(get(client, management + "/metrics").body()).contains("tramontane_requests_waiting");
            for (String path : List.of("/livez", "/startupz", "/readyz", "/health", "/ping")) {
                assertThat(get(client, management + path).statusCode()).as(path).isEqualTo(200);
                assertThat(get(client, run.address + path).statusCode())
                        .as(path)
                        .isEqualTo(200);
            }
            assertThat(get(client, run.address + "/metrics").statusCode()).isEqualTo(404);
            assertThat(client.send(question(management, ""), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(404);
            assertThat(get(client, management + "/v1/models").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void everyProtocolGoesOverTls() throws Exception {
        try (RunningService run = new RunningService(
                        dir, "--tls-certificate", certificate.toString(), "--tls-key", key.toString());
                HttpClient client = client(TestCertificates.client(server, null))) {
            assertThat(run.address).startsWith("https://127.0.0.1:");
            HttpResponse<String> whole = client.send(question(run.address, ""), BodyHandlers.ofString());
            assertThat(whole.statusCode()).isEqualTo(200);
            assertThat(whole.body()).contains("\"completion_tokens\":5");
            HttpResponse<Stream<String>> events =
                    client.send(question(run.address, ", \"stream\": true"), BodyHandlers.ofLines());
            assertThat(events.body().filter(line -> line.startsWith("data: ")).toList())
                    .hasSizeGreaterThan(5)
                    .endsWith("data: [DONE]");
            CompletableFuture<String> created = new CompletableFuture<>();
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(
                            URI.create(run.address.replace("https:", "wss:") + "/v1/responses"),
                            new WebSocket.Listener() {
                                @Override
                                public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
                                    created.complete(text.toString());
                                    from.request(1);
                                    return CompletableFuture.completedFuture(null);
                                }
                            })
                    .get(3, TimeUnit.MINUTES);
            socket.sendText("{\"type\": \"nothing\"}", true).get(3, TimeUnit.MINUTES);
            assertThat(created.get(3, TimeUnit.MINUTES)).contains("\"type\":\"error\"");
            socket.abort();
            assertThat(agreed(run.address, "TLSv1.2")).isEqualTo("TLSv1.2");
            assertThatThrownBy(() -> agreed(run.address, "TLSv1.1")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> get(client, run.address.replace("https:", "http:") + "/livez"))
                    .isInstanceOf(IOException.class);
        }
    }

    /** Whoever finds no place, nor one of the reserve, is told so by the protocol that he speaks. */
    @Test
    void aFullServerRefusesOverTlsToo() throws Exception {
        try (RunningService run = new RunningService(
                dir,
                "--tls-certificate",
                certificate.toString(),
                "--tls-key",
                key.toString(),
                "--max-connections",
                "1")) {
            URI uri = URI.create(run.address);
            SSLSocketFactory clients = TestCertificates.client(server, null).getSocketFactory();
            // Those of the reserve that ask nothing are closed after two seconds, so this may take several attempts;
            // from the
            // second on the handshakes are shorter, since the sessions are known.
            await().atMost(Duration.ofMinutes(5))
                    .until(() -> together(20, () -> toldUnasked(clients, uri)).stream()
                            .anyMatch(told -> told.startsWith("HTTP/1.1 503 ")
                                    && told.contains("\"code\":\"too_many_connections\"")));
        }
    }

    private static List<String> together(int clients, Callable<String> each) throws Exception {
        List<String> told = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(clients)) {
            for (Future<String> one : threads.invokeAll(Collections.nCopies(clients, each))) {
                told.add(one.get());
            }
        }
        return told;
    }

    /** What a client reads who asks nothing; empty if he was let in. */
    private static String toldUnasked(SSLSocketFactory clients, URI uri) {
        try (SSLSocket socket = (SSLSocket) clients.createSocket(uri.getHost(), uri.getPort())) {
            socket.setSoTimeout(30_000);
            socket.startHandshake();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException cut) {
            return "";
        }
    }

    private String agreed(String address, String protocol) throws Exception {
        URI uri = URI.create(address);
        try (SSLSocket socket = (SSLSocket)
                TestCertificates.client(server, null).getSocketFactory().createSocket(uri.getHost(), uri.getPort())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setProtocols(new String[] {protocol});
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(180_000);
            socket.startHandshake();
            return socket.getSession().getProtocol();
        }
    }

    @Test
    void onlyCertificatesOfItsAuthorityAreLetIn() throws Exception {
        Path authorities = Files.writeString(dir.resolve("clients.crt"), authority.pem());
        Identity good = made.signedBy(authority, "authority", "good");
        Identity expired = made.signedBy(authority, "authority", "expired", "-startdate", "-20d", "-validity", "10");
        Identity foreign = made.selfSigned("foreign");
        try (RunningService run = new RunningService(
                        dir,
                        "--tls-certificate",
                        certificate.toString(),
                        "--tls-key",
                        key.toString(),
                        "--tls-client-authorities",
                        authorities.toString(),
                        "--management-port",
                        "0");
                HttpClient plain = HttpClient.newHttpClient()) {
            try (HttpClient client = client(TestCertificates.client(server, good))) {
                assertThat(get(client, run.address + "/v1/models").statusCode()).isEqualTo(200);
            }
            isNotLetIn(null, run.address);
            isNotLetIn(expired, run.address);
            isNotLetIn(foreign, run.address);
            // Probes have no certificates.
            assertThat(get(plain, run.found(MANAGEMENT) + "/readyz").statusCode())
                    .isEqualTo(200);
        }
    }

    private void isNotLetIn(@Nullable Identity shown, String address) throws Exception {
        try (HttpClient client = client(TestCertificates.client(server, shown))) {
            assertThatThrownBy(() -> get(client, address + "/livez")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void certificatesAreReadAnew() throws Exception {
        Path mine = Files.writeString(dir.resolve("own.crt"), server.pem());
        Path itsKey = Files.writeString(dir.resolve("own.key"), server.key());
        Identity next = made.selfSigned("next");
        try (RunningService run = new RunningService(
                        dir,
                        "--tls-certificate",
                        mine.toString(),
                        "--tls-key",
                        itsKey.toString(),
                        "--management-port",
                        "0");
                HttpClient plain = HttpClient.newHttpClient()) {
            String metrics = run.found(MANAGEMENT) + "/metrics";
            Files.writeString(mine, next.pem()); // Its key has not come yet.
            await().until(() -> get(plain, metrics).body().contains("tramontane_file_refused{file=\"tls\"} 1.0"));
            try (HttpClient client = client(TestCertificates.client(server, null))) {
                assertThat(get(client, run.address + "/livez").statusCode()).isEqualTo(200);
            }
            Files.writeString(itsKey, next.key());
            await().until(() -> get(plain, metrics).body().contains("tramontane_file_refused{file=\"tls\"} 0.0"));
            try (HttpClient client = client(TestCertificates.client(next, null))) {
                assertThat(get(client, run.address + "/livez").statusCode()).isEqualTo(200);
            }
            try (HttpClient client = client(TestCertificates.client(server, null))) {
                assertThatThrownBy(() -> get(client, run.address + "/livez")).isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void filesThatCannotBeUsedAreOneLine() throws Exception {
        Identity other = made.selfSigned("other");
        Identity old = made.signedBy(authority, "authority", "old", "-startdate", "-20d", "-validity", "10");
        Path text = Files.writeString(dir.resolve("text"), "no PEM");
        Path foreignKey = Files.writeString(dir.resolve("foreign.key"), other.key());
        Path expired = Files.writeString(dir.resolve("old.crt"), old.pem());
        Path missing = dir.resolve("missing");
        refused("TLS needs both --tls-certificate and --tls-key", "--tls-certificate", certificate.toString());
        refused("--tls-certificate: " + text + " has no certificate in PEM", pair(text, key));
        refused("--tls-key: " + text + " has no private key in PEM", pair(certificate, text));
        refused("--tls-key: " + foreignKey + " is not the key of the first", pair(certificate, foreignKey));
        refused("--tls-certificate: " + expired + " was valid until", pair(expired, key));
        refused("--tls-key: " + missing + " cannot be read: it is not there", pair(certificate, missing));
        refused(
                "--tls-client-authorities: " + text + " has no certificate in PEM",
                Stream.concat(Stream.of(pair(certificate, key)), Stream.of("--tls-client-authorities", text.toString()))
                        .toArray(String[]::new));
    }

    private static String[] pair(Path certificate, Path key) {
        return new String[] {"--tls-certificate", certificate.toString(), "--tls-key", key.toString()};
    }

    private void refused(String beginning, String... settings) throws Exception {
        String model =
                TinyModel.PLAIN.writeTo(Files.createTempDirectory(dir, "model")).toString();
        Outcome outcome = new CapturedProgram()
                .run(Stream.concat(Stream.of("serve", "--model", model, "--port", "0"), Stream.of(settings))
                        .toArray(String[]::new));
        assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
        assertThat(outcome.err())
                .hasLineCount(1)
                .startsWith("tramontane: " + beginning)
                .doesNotContain("BEGIN");
    }
}
