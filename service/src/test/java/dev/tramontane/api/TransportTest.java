package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ScriptedEngine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The rows of reliability, section 3, and the protocol items of section 4, over raw sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransportTest {
    private static final String JSON = "Host: localhost\r\nContent-Type: application/json\r\n";
    private static final String GOOD = "{\"prompt\": \"p\"}";
    private static final int LATE = 408;

    /** Nothing of it ends for its time, however busy the machine is. */
    private TestService service;

    /** Who sends nothing, or too slowly, is soon sent away. */
    private TestService hasty;

    @BeforeAll
    void start() {
        service = limited(Duration.ofMinutes(1), Duration.ofMinutes(5));
        hasty = limited(Duration.ofMillis(400), Duration.ofSeconds(1));
    }

    private static TestService limited(Duration bodyTime, Duration idleTime) {
        TransportLimits limits = new TransportLimits(20, 4096, 8192, 64 << 10, bodyTime, idleTime, 0, 16 << 10);
        return TestService.running(
                new ScriptedEngine("answer"), TestService.config(limits, 64, Duration.ofMillis(100)));
    }

    @AfterAll
    void stop() {
        service.close();
        hasty.close();
    }

    /** A request as bytes on the wire, and the status it gets. */
    record Wire(String name, String request, int status) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Wire post(String name, String headers, String body, int status) {
        return new Wire(name, "POST /v1/completions HTTP/1.1\r\n" + JSON + headers + "\r\n" + body, status);
    }

    private static String get(String headers) {
        return "GET /livez HTTP/1.1\r\n" + headers + "\r\n\r\n";
    }

    static List<Wire> wires() {
        String sized = "Content-Length: " + GOOD.length() + "\r\n";
        return List.of(
                post("content length and chunks", sized + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", 400),
                post("two lengths", sized + "Content-Length: 1\r\n", GOOD, 400),
                post("signed length", "Content-Length: +5\r\n", GOOD, 400),
                post("negative length", "Content-Length: -1\r\n", GOOD, 400),
                post("unknown coding", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", 400),
                post("chunked not last", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n", 400),
                post("space before colon", "Name : x\r\n", "", 400),
                post("NUL in header", "Name: a\u0000b\r\n", "", 400),
                post("NUL before a header", "\u0000Name: a\r\n", "", 400),
                new Wire("NUL before all", "\u0000GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                new Wire("bare line feeds", "GET /livez HTTP/1.1\nHost: localhost\n\n", 400),
                post("bare line feed in a head", "Name: a\n" + sized, GOOD, 400),
                post("malformed chunk", "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n", 400),
                post("two hosts", "Host: b\r\n" + sized, GOOD, 400),
                new Wire("host with user and path", get("Host: a b@c/d?e#f"), 400),
                new Wire("host with user", get("Host: localhost@evil.example"), 400),
                new Wire("empty host", get("Host: "), 400),
                new Wire("host with a bad port", get("Host: localhost:http"), 400),
                new Wire("host of brackets", get("Host: []"), 400),
                new Wire("host of no address", get("Host: [1:2]"), 421),
                new Wire("foreign host", get("Host: evil.example"), 421),
                new Wire("foreign host at a port", get("Host: evil.example:80"), 421),
                new Wire("a name that looks local", get("Host: localhost.evil.example"), 421),
                new Wire("a number that is no address", get("Host: 127.1"), 421),
                new Wire(
                        "foreign host in the target", "GET http://evil.example/livez HTTP/1.1\r\nHost: a\r\n\r\n", 421),
                new Wire(
                        "userinfo in the target",
                        "GET http://a@localhost/livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        400),
                new Wire("two origins", get("Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://b"), 400),
                new Wire("folded header", get("Host: localhost\r\nX: a\r\n b"), 400),
                new Wire("folded header with a tab", get("Host: localhost\r\nX: a\r\n\tb"), 400),
                new Wire("folded origin", get("Host: localhost\r\nOrigin:\r\n http://localhost"), 400),
                post("folded length", "Content-Length:\r\n " + GOOD.length() + "\r\n", GOOD, 400),
                post("two types", "Content-Type: text/plain\r\n" + sized, GOOD, 400),
                post("compressed chunks", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", 501),
                post(
                        "compressed chunks in two headers",
                        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
                        "0\r\n\r\n",
                        501),
                post("chunked twice", "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n", 400),
                new Wire("no host", "GET /livez HTTP/1.1\r\n\r\n", 400),
                new Wire(
                        "body on GET", "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 400),
                new Wire(
                        "chunks in HTTP/1.0",
                        "POST /v1/completions HTTP/1.0\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400),
                new Wire(
                        "long header",
                        "GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(20_000) + "\r\n\r\n",
                        431),
                new Wire("long path", "GET /" + "x".repeat(10_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
                new Wire(
                        "bad escape in a name",
                        "GET /v1/models/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                        400),
                new Wire("no path", "GET ?a=b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
                new Wire("asterisk", "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400),
                new Wire("authority", "CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n", 400),
                new Wire("bad escape", "GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400),
                post("huge length", "Content-Length: 2000000000\r\n", "", 413),
                post("huge chunk", "Transfer-Encoding: chunked\r\n", "20000\r\n" + " ".repeat(0x20000), 413),
                post("odd expectation", "Expect: tea\r\n" + sized, GOOD, 417),
                post("late body", "Content-Length: 10\r\n", "{", LATE));
    }

    @ParameterizedTest
    @MethodSource("wires")
    void isAnsweredAndClosed(Wire wire) throws IOException {
        TestService at = wire.status() == LATE ? hasty : service;
        try (Socket socket = at.connect()) {
            send(socket, wire.request());
            String answer = all(socket); // To the end: the connection closes.
            assertThat(answer).startsWith("HTTP/1.").contains(" " + wire.status() + " ");
            assertThat(answer).contains("\"error\":{\"message\":");
        }
        assertThat(at.get("/livez").status()).isEqualTo(200);
    }

    @Test
    void namesOfItsOwnAreAnswered() throws IOException {
        for (String host : List.of(
                "localhost",
                "LOCALHOST:8080",
                "app.localhost",
                "127.0.0.1",
                "127.0.0.1:80",
                "10.1.2.3",
                "[::1]:8080",
                "[fe80::1]",
                "127.0.0.1:")) {
            try (Socket socket = service.connect()) {
                send(socket, get("Host: " + host));
                assertThat(head(socket)).as(host).startsWith("HTTP/1.1 200 ");
            }
        }
        try (Socket socket = service.connect()) { // A body may hold what a head may not.
            String folded = "{\r\n \"prompt\":\r\n\t\"p\"\r\n }";
            send(socket, TestService.request("/v1/completions", folded) + get("Host: localhost"));
            assertThat(head(socket)).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void allowedHostsAndOriginsMayHaveStars() throws IOException {
        ApiConfig open = new ApiConfig(
                "127.0.0.1",
                0,
                1,
                TransportLimits.DEFAULT,
                SocketLimits.DEFAULT,
                RequestLimits.DEFAULT,
                Duration.ofSeconds(15),
                64,
                new Allowed(Set.of("*"), Set.of("*.Example.org", "llm")),
                Set.of(),
                false,
                "fp");
        try (TestService service = TestService.running(new ScriptedEngine("x"), open)) {
            for (String host : List.of("a.example.org", "a.b.EXAMPLE.org:80", "llm:8080")) {
                try (Socket socket = service.connect()) {
                    send(socket, get("Host: " + host + "\r\nOrigin: app://anything"));
                    assertThat(head(socket))
                            .startsWith("HTTP/1.1 200 ")
                            .contains("Access-Control-Allow-Origin: app://anything\r\n");
                }
            }
            for (String host : List.of("example.org", "aexample.org", "llm.evil.example")) {
                try (Socket socket = service.connect()) {
                    send(socket, get("Host: " + host));
                    assertThat(head(socket)).startsWith("HTTP/1.1 421 ");
                }
            }
        }
    }

    @Test
    void chunkExtensionsAndTrailersAreBounded() throws IOException { // 3
        for (String body : List.of(
                "1;" + "x".repeat(1 << 20) + "\r\n{\r\n0\r\n\r\n",
                "2\r\n{}\r\n0\r\nTrailer: " + "x".repeat(1 << 20) + "\r\n\r\n")) {
            try (Socket socket = service.connect()) {
                send(socket, "POST /v1/completions HTTP/1.1\r\n" + JSON + "Transfer-Encoding: chunked\r\n\r\n" + body);
                assertThat(all(socket)).doesNotContain(" 200 ");
            } catch (UncheckedIOException closed) {
                // The server has closed while we were still sending: as bounded as an answer.
                assertThat(closed).hasRootCauseInstanceOf(SocketException.class);
            }
        }
    }

    @Test
    void theBodyIsAskedForOnlyWhenItWillBeRead() throws IOException {
        try (Socket socket = service.connect()) {
            send(
                    socket,
                    "POST /v1/completions HTTP/1.1\r\n" + JSON + "Expect: 100-continue\r\nContent-Length: "
                            + GOOD.length() + "\r\n\r\n");
            assertThat(head(socket)).startsWith("HTTP/1.1 100 ");
            send(socket, GOOD);
            assertThat(head(socket)).startsWith("HTTP/1.1 200 ");
        }
        try (Socket socket = service.connect()) {
            send(
                    socket,
                    "POST /v1/completions HTTP/1.1\r\n" + JSON
                            + "Expect: 100-continue\r\nContent-Length: 500000\r\n\r\n");
            assertThat(head(socket)).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void silentAndDrippingConnectionsAreClosed() throws IOException {
        try (Socket socket = hasty.connect()) {
            send(socket, "GET /livez HTT");
            assertThat(all(socket)).isEmpty();
        }
        try (Socket socket = hasty.connect()) { // 4: one byte at a time does not keep a body open.
            send(socket, "POST /v1/completions HTTP/1.1\r\n" + JSON + "Content-Length: 50000\r\n\r\n");
            int first = -1;
            while (first < 0) {
                send(socket, " ");
                socket.setSoTimeout(20);
                try {
                    first = socket.getInputStream().read();
                } catch (SocketTimeoutException notYet) {
                    // It still waits.
                }
            }
            socket.setSoTimeout(180_000);
            assertThat((char) first + all(socket)).startsWith("HTTP/1.1 408 ");
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception { // 2
        int count = 1000;
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < count; i++) {
            requests.append("GET /")
                    .append(i % 2 == 0 ? "livez" : "nowhere")
                    .append(" HTTP/1.1\r\nHost: localhost\r\n\r\n");
        }
        try (Socket socket = service.connect()) {
            Thread sender = Thread.ofVirtual().start(() -> send(socket, requests.toString()));
            InputStream in = socket.getInputStream();
            for (int i = 0; i < count; i++) {
                String head = head(in);
                assertThat(head).startsWith(i % 2 == 0 ? "HTTP/1.1 200 " : "HTTP/1.1 404 ");
                in.readNBytes(Integer.parseInt(head.replaceAll("(?is).*content-length: (\\d+).*", "$1")));
            }
            sender.join(); // All was asked for before the last was answered.
        }
    }

    /** The first answer's end is not the beginning of silence while another request waits or is answered. */
    @Test
    void aLongAnswerToAPipelinedRequestIsNotIdle() throws IOException {
        ScriptedEngine slow = new ScriptedEngine("late");
        TransportLimits limits = new TransportLimits(
                20, 4096, 8192, 64 << 10, Duration.ofSeconds(5), Duration.ofSeconds(1), 0, 16 << 10);
        try (TestService patient = TestService.stepped(slow, TestService.config(limits, 64, Duration.ofMillis(300)));
                Socket waiting = patient.connect()) {
            String one = "{\"prompt\": \"p\", \"max_tokens\": 1, \"stream\": true}";
            String two = "{\"prompt\": \"p\", \"stream\": true}";
            send(waiting, TestService.request("/v1/completions", one) + TestService.request("/v1/completions", two));
            stepUntil(slow, () -> slow.runs.size() == 2);
            try (Socket idle = patient.connect()) {
                assertThat(all(idle)).isEmpty(); // Opened later, closed already: more than the idle time has passed.
            }
            stepUntil(slow, () -> slow.runs.getLast().over());
            assertThat(all(waiting)).contains("\"l\"", "\"e\"").containsSubsequence("[DONE]", "[DONE]");
        }
    }

    private static void stepUntil(ScriptedEngine engine, BooleanSupplier condition) {
        TestService.eventually().until(() -> {
            engine.step();
            return condition.getAsBoolean();
        });
    }

    /** Whoever leaves is noticed, however much he had asked for besides, and with nothing being written to him. */
    @ParameterizedTest
    @CsvSource({"2, true", "8, true", "12, true", "40, true", "2, false", "12, false", "40, false"})
    void leavingBehindPipelinedRequestsIsNoticed(int requests, boolean reset) throws IOException {
        ScriptedEngine still = new ScriptedEngine("never");
        TransportLimits limits = new TransportLimits(
                20, 4096, 8192, 64 << 10, Duration.ofSeconds(5), Duration.ofSeconds(600), 0, 16 << 10);
        // No heartbeat before the test gives up.
        try (TestService service =
                TestService.stepped(still, TestService.config(limits, 64, Duration.ofSeconds(150)))) {
            try (Socket leaver = service.connect()) {
                send(leaver, TestService.request("/v1/completions", GOOD).repeat(requests));
                TestService.eventually().until(() -> !still.runs.isEmpty());
                leaver.setSoLinger(reset, 0);
            }
            // No step is made, so nothing is written.
            TestService.eventually().until(() -> still.runs.getFirst().cancelled());
            TestService.eventually().until(() -> service.observer.connections.get() == 0);
            assertThat(still.runs).hasSize(1);
        }
    }

    @Test
    void connectionsAreCapped() throws IOException { // 5
        List<Socket> sockets = new ArrayList<>();
        try {
            TestService.eventually().until(() -> service.observer.connections.get() <= 1);
            int refusedBefore = service.observer.refused.get();
            for (int i = 0; i < 40; i++) {
                sockets.add(service.connect());
            }
            TestService.eventually()
                    .until(() -> service.observer.refused.get() - refusedBefore >= 19 - OpenConnections.RESERVE);
            assertThat(service.observer.connections.get()).isLessThanOrEqualTo(20 + OpenConnections.RESERVE);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        TestService.eventually().until(() -> service.observer.connections.get() <= 1);
        assertThat(service.get("/livez").status()).isEqualTo(200);
    }

    @Test
    void http2PrefaceIsNotSwallowed() throws IOException {
        try (Socket socket = service.connect()) {
            send(socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            assertThat(all(socket)).doesNotContain(" 200 ");
        }
    }

    @Test
    void aLongJsonAnswerOutlivesTheIdleTime() throws IOException {
        ScriptedEngine late = new ScriptedEngine("late");
        TransportLimits limits = new TransportLimits(
                20, 4096, 8192, 64 << 10, Duration.ofSeconds(5), Duration.ofSeconds(1), 0, 16 << 10);
        try (TestService silent = TestService.stepped(late, TestService.config(limits, 64, Duration.ofMillis(300)));
                Socket socket = silent.connect()) {
            send(socket, TestService.request("/v1/completions", GOOD));
            InputStream in = socket.getInputStream();
            assertThat(head(in)).startsWith("HTTP/1.1 200 ").containsIgnoringCase("application/json");
            ByteArrayOutputStream seen = new ByteArrayOutputStream();
            // Chunks of one newline each; eight of them take longer than the idle time.
            while (seen.toString(StandardCharsets.UTF_8).split("1\r\n\n\r\n", -1).length <= 8) {
                int next = in.read();
                assertThat(next).as("the answer was cut").isNotNegative();
                seen.write(next);
            }
            stepUntil(late, () -> late.runs.getFirst().over());
            while (!seen.toString(StandardCharsets.UTF_8).endsWith("\r\n0\r\n\r\n")) {
                int next = in.read();
                assertThat(next).as("the answer was cut").isNotNegative();
                seen.write(next);
            }
            assertThat(seen.toString(StandardCharsets.UTF_8)).contains("\"text\":\"late\"");
        }
    }

    @Test
    void aFailureAfterTheFirstHeartbeatCutsTheAnswer() throws IOException {
        ScriptedEngine failing = new ScriptedEngine(at -> ScriptedEngine.FAIL);
        ApiConfig config = TestService.config(TransportLimits.DEFAULT, 64, Duration.ofMillis(50));
        try (TestService silent = TestService.stepped(failing, config);
                Socket socket = silent.connect()) {
            send(socket, TestService.request("/v1/completions", GOOD));
            assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 200 ");
            TestService.eventually().until(failing::step); // The head may be out before the engine has been asked.
            assertThat(all(socket)).doesNotContain("0\r\n\r\n").doesNotContain("error");
        }
    }

    @Test
    void aLongAnswerInOnePieceIsNotIdle() throws IOException {
        ScriptedEngine slow = new ScriptedEngine("late");
        TransportLimits limits = new TransportLimits(
                20, 4096, 8192, 64 << 10, Duration.ofSeconds(5), Duration.ofSeconds(1), 0, 16 << 10);
        try (TestService patient = TestService.stepped(slow, TestService.config(limits, 64, Duration.ofMillis(300)));
                Socket waiting = patient.connect()) {
            send(waiting, TestService.request("/v1/completions", GOOD));
            TestService.eventually().until(() -> !slow.runs.isEmpty());
            try (Socket idle = patient.connect()) {
                assertThat(all(idle)).isEmpty(); // Opened later, closed already: more than the idle time has passed.
            }
            TestService.eventually().until(() -> {
                slow.step();
                return slow.runs.getFirst().over();
            });
            assertThat(head(waiting)).startsWith("HTTP/1.1 200 ");
            assertThat(all(waiting)).contains("late"); // And then it is idle.
        }
    }

    @Test
    void aReaderThatTakesNothingIsCutOffInTheEnd() throws IOException {
        TransportLimits limits =
                new TransportLimits(20, 4096, 8192, 64 << 10, Duration.ofSeconds(5), Duration.ofSeconds(1), 4096, 4096);
        ScriptedEngine endless = new ScriptedEngine(at -> 'a');
        try (TestService service =
                        TestService.running(endless, TestService.config(limits, 64, Duration.ofMillis(300)));
                Socket still = service.connect()) {
            send(
                    still,
                    TestService.request(
                            "/v1/completions", "{\"prompt\": \"p\", \"stream\": true, \"max_tokens\": 4000}"));
            TestService.eventually().until(() -> service.observer.disconnects.get() == 1);
            TestService.eventually().until(() -> endless.runs.getFirst().over());
            assertThat(endless.runs.getFirst().sampled()).isLessThan(4000);
            TestService.eventually().until(() -> service.observer.connections.get() == 0);
        }
    }

    @Test
    void pagesOfOtherOriginsAreKeptOut() throws IOException { // 8
        record Page(String origin, String host, int status) {}
        for (Page page : List.of(
                new Page("https://evil.example", "127.0.0.1", 403),
                new Page("null", "127.0.0.1", 403),
                new Page("http://127.0.0.1.evil.example", "127.0.0.1", 403),
                new Page("http://128.0.0.1", "127.0.0.1", 403),
                new Page("http://localhost.evil.example", "127.0.0.1", 403),
                new Page("ftp://localhost", "127.0.0.1", 403),
                new Page("http://evil.example:8080", "evil.example:8080", 421), // DNS rebinding
                new Page("http://127.0.0.1:8080", "127.0.0.1:8080", 200),
                new Page("http://localhost:8080", "localhost:8080", 200),
                new Page("http://[::1]:8080", "[::1]:8080", 200),
                new Page("http://localhost:5173", "127.0.0.1:8080", 200),
                new Page("https://localhost", "127.0.0.1:8080", 200),
                new Page("http://127.9.9.9:3000", "localhost", 200),
                new Page("http://[::1]:3000", "localhost", 200),
                new Page("https://listed.example:443", "127.0.0.1", 200),
                new Page("https://listed.example", "127.0.0.1", 200))) {
            try (Socket socket = service.connect()) {
                send(
                        socket,
                        "GET /livez HTTP/1.1\r\nHost: " + page.host() + "\r\nOrigin: " + page.origin() + "\r\n\r\n");
                String head = head(socket);
                assertThat(head).as(page.toString()).startsWith("HTTP/1.1 " + page.status());
                boolean foreign = !page.origin().equals("http://" + page.host());
                assertThat(head.contains("Access-Control-Allow-Origin: " + page.origin() + "\r\n"))
                        .as(page.toString())
                        .isEqualTo(page.status() == 200 && foreign);
            }
        }
        try (Socket socket = service.connect()) {
            List<String> preflight = List.of(
                    "OPTIONS /v1/completions HTTP/1.1",
                    "Host: localhost",
                    "Origin: https://listed.example",
                    "Access-Control-Request-Method: POST",
                    "Access-Control-Request-Headers: authorization,content-type,x-stainless-lang",
                    "",
                    "");
            send(socket, String.join("\r\n", preflight));
            assertThat(head(socket))
                    .startsWith("HTTP/1.1 204 ")
                    .contains("Access-Control-Allow-Methods: GET, POST, DELETE")
                    .contains("Access-Control-Allow-Headers: authorization,content-type,x-stainless-lang");
        }
    }

    @Test
    void severalEventLoopsShareOnePort() {
        ApiConfig two = new ApiConfig(
                "127.0.0.1",
                0,
                2,
                TransportLimits.DEFAULT,
                SocketLimits.DEFAULT,
                RequestLimits.DEFAULT,
                Duration.ofSeconds(15),
                64,
                Allowed.USUAL,
                Set.of(),
                false,
                "fp");
        try (TestService service = TestService.running(new ScriptedEngine("x"), two)) {
            for (int i = 0; i < 8; i++) {
                assertThat(service.get("/livez").status()).isEqualTo(200);
            }
        }
    }

    private static void send(Socket socket, String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    private static String all(Socket socket) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(all);
        } catch (SocketException reset) {
            assertThat(all.size()).as("reset before any answer").isPositive();
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    private static String head(Socket socket) throws IOException {
        return head(socket.getInputStream());
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            assertThat(next).as("the connection closed after: %s", head).isNotNegative();
            head.append((char) next);
        }
        return head.toString();
    }
}
