package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** However a connection ends, it gives its place back and leaves nothing behind; and a full server can be asked why. */
class ConnectionPlacesTest {
    private static final int PLACES = 3;
    private static final SocketLimits SOCKETS = new SocketLimits(1000, 4, 20, 8, Duration.ofSeconds(30));
    private static final String FULL = "as many open connections as it may have";

    /** A connection's whole life, up to its end by whichever side. */
    private interface Life {
        void at(int port) throws IOException;
    }

    private interface Deed {
        void to(RawSocket socket) throws IOException;
    }

    private static ConditionFactory await() {
        return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1));
    }

    private static ApiConfig config(int connections) {
        return Served.config(SOCKETS, TransportLimits.DEFAULT.withConnections(connections), Duration.ofSeconds(15), 64);
    }

    /** An engine whose answers go on until somebody stops them or asks for few tokens. */
    private static Served serve(int connections) {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        return new Served(engine, config(connections)).stepping(engine::step);
    }

    // ---- plain requests

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(180_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String get(String path, String... headers) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + String.join("\r\n", headers)
                + (headers.length == 0 ? "\r\n" : "\r\n\r\n");
    }

    private static String post(int maxTokens, boolean stream) {
        String body = "{\"prompt\": \"p\", \"max_tokens\": " + maxTokens + ", \"ignore_eos\": true, \"stream\": "
                + stream + "}";
        return head(body.length()) + body;
    }

    private static String head(int length) {
        return "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                + length + "\r\n\r\n";
    }

    private static int status(Socket socket) throws IOException {
        byte[] line = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
        return line.length < 12 ? -1 : Integer.parseInt(new String(line, 9, 3, StandardCharsets.US_ASCII));
    }

    private static void answer(Socket socket, int status) throws IOException {
        assertThat(status(socket)).isEqualTo(status);
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.read());
        }
        String length = head.toString().toLowerCase(Locale.ROOT).replaceAll("(?s).*content-length: (\\d+).*", "$1");
        in.readNBytes(Integer.parseInt(length));
    }

    private static void end(Socket socket) throws IOException {
        while (socket.getInputStream().read() >= 0) {}
    }

    private static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Sends, reads a status, and leaves. */
    private static Life http(String request, int status, boolean reset) {
        return port -> {
            try (Socket socket = connect(port)) {
                send(socket, request);
                if (status > 0) {
                    assertThat(status(socket)).isEqualTo(status);
                }
                if (reset) {
                    reset(socket);
                }
            }
        };
    }

    /** Sends, reads a status, and waits for the server to close. */
    private static Life closed(String request, int status) {
        return port -> {
            try (Socket socket = connect(port)) {
                send(socket, request);
                assertThat(status(socket)).isEqualTo(status);
                end(socket);
            }
        };
    }

    private static Life ws(Deed deed) {
        return port -> {
            try (RawSocket socket = RawSocket.open(port)) {
                assertThat(socket.status()).isEqualTo(101);
                deed.to(socket);
            }
        };
    }

    private static Life violation(int code, Deed deed) {
        return ws(socket -> {
            deed.to(socket);
            assertThat(socket.closeCode()).isEqualTo(code); // And its end follows ours.
        });
    }

    private static JsonObject create(int maxTokens) {
        return JsonObject.of(
                "type",
                "response.create",
                "input",
                "go",
                "ignore_eos",
                true,
                "store",
                false,
                "max_output_tokens",
                maxTokens);
    }

    private static List<Life> lives() {
        byte[] x = {'x'};
        List<Life> lives = new ArrayList<>(List.of(
                http("", 0, false),
                http("", 0, true),
                http("GET /livez HT", 0, false),
                http("GET /livez HTTP/1.1\r\nHost:", 0, true),
                http(get("/livez"), 200, false),
                http(get("/nowhere"), 404, true),
                http(get("/v1/models/%zz"), 400, false),
                closed(get("/livez", "Connection: close"), 200),
                closed("GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n", 200),
                closed("nonsense\r\n\r\n", 400),
                closed(get("/livez", "X: " + "x".repeat(10_000)), 431),
                closed("GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
                http(get("/livez", "Origin: https://evil.example"), 403, false),
                http(head(100) + "{", 0, false),
                http(head(100) + "{", 0, true),
                closed(head(100_000_000), 413),
                http(post(1, false), 200, false),
                http(post(3000, false), 0, true),
                http(post(3000, false), 0, false),
                http(post(2, true), 200, true),
                http(post(3000, true), 200, false),
                http(post(3000, true), 200, true),
                http(post(1, false).repeat(12), 200, true),
                http(post(3000, true) + get("/livez").repeat(20), 200, true),
                port -> {
                    try (Socket socket = connect(port)) {
                        for (int i = 0; i < 3; i++) {
                            send(socket, get("/livez"));
                            answer(socket, 200);
                        }
                        socket.shutdownOutput();
                        end(socket);
                    }
                },
                http(get("/v1/responses"), 426, false),
                http(get("/v1/responses", "Upgrade: websocket", "Connection: Upgrade"), 426, true),
                http(
                        get(
                                "/v1/responses",
                                "Upgrade: websocket",
                                "Connection: Upgrade",
                                "Sec-WebSocket-Version: 13",
                                "Sec-WebSocket-Key: !!"),
                        400,
                        false)));
        lives.addAll(List.of(
                violation(1000, s -> s.closeFrame(1000)),
                violation(1000, s -> s.frame(RawSocket.CLOSE, true, new byte[0])),
                violation(1002, s -> s.closeFrame(1005)),
                violation(1007, s -> s.frame(RawSocket.TEXT, true, new byte[] {'"', (byte) 0xc3, '"'})),
                violation(1002, s -> s.frame(0xc1, true, 1, x)),
                violation(1002, s -> s.frame(0x81, false, 1, x)),
                violation(1002, s -> s.frame(RawSocket.CONTINUATION, true, x)),
                violation(1009, s -> s.frame(RawSocket.TEXT, true, new byte[1001])),
                violation(1009, s -> s.frame(0x81, true, 1L << 62, x)),
                violation(1008, s -> s.pings(60)),
                ws(s -> {}),
                ws(RawSocket::reset),
                ws(s -> s.frame(RawSocket.TEXT, false, x)),
                ws(s -> {
                    s.frame(0x81, true, 100, x);
                    s.reset();
                }),
                ws(s -> {
                    s.send(create(2));
                    assertThat(s.response().getLast().getString("type")).isEqualTo("response.incomplete");
                }),
                ws(s -> {
                    s.send(create(3000));
                    s.event();
                    s.closeFrame(1000);
                    assertThat(s.closeCode()).isEqualTo(1000);
                }),
                ws(s -> {
                    s.send(create(3000));
                    s.event();
                    s.reset();
                }),
                ws(s -> {
                    s.send(create(3000));
                    s.event();
                    s.closeFrame(1000);
                    s.reset();
                })));
        return lives;
    }

    @Test
    void everyEndingGivesThePlaceBack() throws IOException {
        live(2 * lives().size());
    }

    @Test
    @Tag("slow")
    void aThousandEndingsGiveTheirPlacesBack() throws IOException {
        live(1000);
    }

    private static void live(int connections) throws IOException {
        List<Life> lives = lives();
        try (Served served = serve(PLACES)) {
            for (int i = 0; i < connections; i++) {
                lives.get(i % lives.size()).at(served.port);
                await().alias("ending " + i % lives.size()).until(() -> served.connections.get() == 0);
            }
            assertThat(served.refused).hasValue(0);
        }
    }

    @Test
    @Tag("slow")
    void nothingOfTenThousandSocketsStays() throws Exception {
        List<Life> lives = lives();
        // The scripted engine would keep what it was ever asked.
        EngineLoop engine = new EngineLoop(
                FakeModel.of(ByteTokenizer.SIZE, 16),
                new EngineConfig(
                        new EngineConfig.Step(4, 32, 4),
                        new EngineConfig.Cache(16, CacheType.F16, 16 << 20),
                        new EngineConfig.Admission(8, 4096, 4, 64, 1 << 20)),
                EngineObserver.NONE,
                System::nanoTime);
        engine.start();
        List<String> names =
                List.of("ResponsesSocket", "ServerWebSocketImpl", "OpenConnection", "Http1ServerConnection");
        Map<String, Integer> before = new HashMap<>(); // What servers of other tests, which have ended, had open then.
        for (String name : names) {
            before.put(name, instances(name));
        }
        try (Served served = new Served(engine, config(TransportLimits.DEFAULT.connections()))) {
            for (int i = 0; i < 10_500; i++) {
                (i < 10_000 ? ws(s -> s.closeFrame(1000)) : lives.get(i % lives.size())).at(served.port);
            }
            await().until(() -> served.connections.get() == 0);
            for (String name : names) {
                // What a thread has just worked on may be held.
                await().alias(name).until(() -> instances(name) - before.getOrDefault(name, 0) <= 2);
            }
        }
    }

    /** Objects of the class of this simple name that are alive after a full collection. */
    private static int instances(String name) throws Exception {
        String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        Matcher line = Pattern.compile("(?m)^ *\\d+: +(\\d+) +\\d+ +\\S+\\." + name + "(?: .*)?$")
                .matcher(histogram);
        return line.find() ? Integer.parseInt(line.group(1)) : 0;
    }

    @Test
    void theHistogramSeesWhatIsOpen() throws Exception {
        try (Served served = serve(PLACES);
                RawSocket one = RawSocket.open(served.port);
                RawSocket two = RawSocket.open(served.port)) {
            assertThat(one.status() + two.status()).isEqualTo(202);
            await().until(() -> instances("ResponsesSocket") >= 2); // The second is made after its 101 is sent.
        }
    }

    /** As when the process is out of descriptors and a class has still to be loaded. */
    @Test
    void whoeverCannotBeTakenInIsCutOffAndHasNoPlace() throws Exception {
        try (Served served = serve(PLACES)) {
            served.failing = true;
            for (int i = 0; i < 40; i++) {
                try (Socket socket = connect(served.port)) {
                    cutOff(socket);
                }
            }
            served.failing = false;
            await().until(() -> served.connections.get() == 0);
            try (Socket one = connect(served.port);
                    Socket two = connect(served.port);
                    Socket three = connect(served.port)) {
                for (Socket socket : List.of(one, two, three)) {
                    send(socket, post(1, false));
                    assertThat(status(socket)).isEqualTo(200);
                }
                served.failing = true;
                for (int i = 0; i < 40; i++) {
                    try (Socket socket = connect(served.port)) {
                        cutOff(socket);
                    }
                }
            }
        }
    }

    private static void cutOff(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (SocketException reset) {
            // As good.
        }
    }

    /** All at once, more than anybody could tell one by one: each is told, or cut off, and none is left to wait. */
    @Test
    void aBurstBeyondTheLimitIsRefusedNotLeftHanging() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try (Served served = serve(PLACES)) {
            for (int i = 0; i < 300; i++) {
                sockets.add(connect(served.port));
            }
            for (Socket socket : sockets.subList(PLACES, sockets.size())) {
                try {
                    end(socket);
                } catch (SocketException reset) {
                    // As good.
                }
            }
            await().until(() -> served.connections.get() == PLACES);
            closed(get("/metrics"), 200).at(served.port);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void aFullServerAnswersHealthAndMetricsAndRefusesTheRest() throws Exception {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger("dev.tramontane.api.FullServerLog");
        lines.start();
        logger.addAppender(lines);
        List<Socket> more = new ArrayList<>();
        try (Served served = serve(PLACES);
                RawSocket one = RawSocket.open(served.port);
                Socket two = connect(served.port);
                Socket three = connect(served.port)) {
            await().until(() -> served.connections.get() == PLACES);
            for (String path : List.of("/livez", "/readyz", "/startupz", "/metrics")) {
                closed(get(path), 200).at(served.port); // Once each: the place is for the next who asks.
            }
            List<Integer> told = new ArrayList<>();
            for (String request : List.of(get("/v1/models"), post(1, false), get("/"), get("/livez/"))) {
                try (Socket socket = connect(served.port)) {
                    send(socket, request);
                    String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                    assertThat(answer)
                            .startsWith("HTTP/1.1 503 ")
                            .contains("Connection: close", "Retry-After: ", FULL, "too_many_connections");
                    told.add(Integer.valueOf(answer.replaceAll("(?s).*Retry-After: (\\d+).*", "$1")));
                }
            }
            assertThat(told.subList(0, 3)).as("spread").isSorted().doesNotHaveDuplicates();
            try (RawSocket upgrade = RawSocket.open(served.port)) {
                assertThat(upgrade.status()).isEqualTo(503);
            }
            assertThat(served.refused).hasValue(5);
            // Those who hold the reserve and ask nothing.
            await().until(() -> served.connections.get() == PLACES);
            for (int i = 0; i < 40; i++) {
                more.add(connect(served.port));
            }
            try (Socket beyond = more.getLast()) {
                String answer = new String(beyond.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer).startsWith("HTTP/1.1 503 ").contains("Connection: close", FULL);
            }
            // One in ten seconds at most.
            assertThat(lines.list).isNotEmpty().hasSizeLessThan(more.size());
            assertThat(lines.list.getFirst().getFormattedMessage()).contains("all 3 connections are open");
            await().until(() -> served.connections.get() == PLACES); // Their time is short.
            three.shutdownOutput();
            await().until(() -> served.connections.get() == PLACES - 1);
            http(post(1, false), 200, false).at(served.port);
            assertThat(one.status()).isEqualTo(101);
            assertThat(two.isConnected()).isTrue();
        } finally {
            logger.detachAppender(lines);
            for (Socket socket : more) {
                socket.close();
            }
        }
    }
}
