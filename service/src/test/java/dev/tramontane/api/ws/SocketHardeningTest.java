package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a hostile or broken client meets, and that a canary beside it does not notice. */
class SocketHardeningTest {
    private static final SocketLimits TIGHT = new SocketLimits(1000, 4, 20, 8, Duration.ofMillis(300));
    private static final String CANARY = "the canary sings";

    /** What a client does to the socket. */
    interface Deed {
        void to(RawSocket socket) throws IOException;
    }

    private static JsonObject create() {
        return JsonObject.of("type", "response.create", "input", "go", "store", false);
    }

    private static Served serve(ScriptedEngine engine, ApiConfig config) {
        return new Served(engine, config).stepping(engine::step);
    }

    private static ApiConfig tight(Duration heartbeat) {
        return Served.config(TIGHT, TransportLimits.DEFAULT, heartbeat, 64);
    }

    private static void sing(RawSocket canary) throws IOException {
        canary.send(create());
        assertThat(canary.response().getLast().getJsonObject("response").encode())
                .contains(CANARY);
    }

    private static Arguments row(String name, int code, Deed deed) {
        return Arguments.argumentSet(name, code, deed);
    }

    static Stream<Arguments> violations() {
        byte[] x = {'x'};
        return Stream.of(
                row("frame too long", 1009, s -> s.frame(RawSocket.TEXT, true, new byte[1001])),
                row("length of 2^62", 1009, s -> s.frame(0x81, true, 1L << 62, x)),
                row("fragments too long", 1009, s -> {
                    s.frame(RawSocket.TEXT, false, new byte[900]);
                    s.frame(RawSocket.CONTINUATION, false, new byte[101]);
                }),
                row("binary fragments too long", 1009, s -> {
                    s.frame(RawSocket.BINARY, false, new byte[900]);
                    s.frame(RawSocket.CONTINUATION, true, new byte[101]);
                }),
                row("not UTF-8", 1007, s -> s.frame(RawSocket.TEXT, true, new byte[] {'"', (byte) 0xc3, '"'})),
                row("UTF-8 cut short", 1007, s -> s.frame(RawSocket.TEXT, true, new byte[] {'"', (byte) 0xe2})),
                row(
                        "a surrogate in UTF-8",
                        1007,
                        s -> s.frame(RawSocket.TEXT, true, new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80})),
                row("close code 999", 1002, s -> s.closeFrame(999)),
                row("close code 1004", 1002, s -> s.closeFrame(1004)),
                row("close code 1005", 1002, s -> s.closeFrame(1005)),
                row("close code 1006", 1002, s -> s.closeFrame(1006)),
                row("close code 2999", 1002, s -> s.closeFrame(2999)),
                row("close of one byte", 1002, s -> s.frame(RawSocket.CLOSE, true, x)),
                row(
                        "close reason not UTF-8",
                        1007,
                        s -> s.frame(RawSocket.CLOSE, true, new byte[] {3, (byte) 0xe8, (byte) 0xff})),
                row("not masked", 1002, s -> s.frame(0x81, false, 1, x)),
                row("reserved bit", 1002, s -> s.frame(0xc1, true, 1, x)),
                row("reserved opcode", 1002, s -> s.frame(3, true, x)),
                row("continuation of nothing", 1002, s -> s.frame(RawSocket.CONTINUATION, true, x)),
                row("message within a message", 1002, s -> {
                    s.frame(RawSocket.TEXT, false, x);
                    s.frame(RawSocket.TEXT, true, x);
                }),
                row("ping of 126 bytes", 1002, s -> s.frame(RawSocket.PING, true, new byte[126])),
                row("ping in fragments", 1002, s -> s.frame(RawSocket.PING, false, x)),
                row("ping flood", 1008, s -> s.pings(60)),
                row("close code 1000", 1000, s -> s.closeFrame(1000)),
                row("close code 3000", 3000, s -> s.closeFrame(3000)),
                row("close without a code", 1000, s -> s.frame(RawSocket.CLOSE, true, new byte[0])));
    }

    @ParameterizedTest
    @MethodSource("violations")
    void closesWithTheCodeThatFits(int code, Deed deed) throws Exception {
        ScriptedEngine engine = new ScriptedEngine(CANARY);
        try (Served served = serve(engine, tight(Duration.ofSeconds(15)));
                RawSocket canary = RawSocket.open(served.port);
                RawSocket socket = RawSocket.open(served.port)) {
            deed.to(socket);
            assertThat(socket.closeCode()).isEqualTo(code);
            assertThat(socket.ends()).isTrue();
            sing(canary);
        }
    }

    /** A large message is decoded aside: what came before it is answered before, and what comes behind it is not heard. */
    @Test
    void aLargeMessageThatIsNoUtf8() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(CANARY);
        byte[] large = new byte[100_000];
        Arrays.fill(large, (byte) 'x');
        large[large.length - 2] = (byte) 0xc3;
        try (Served served = serve(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send("{}");
            socket.frame(RawSocket.TEXT, true, large);
            socket.send(create());
            assertThat(socket.event().getString("type")).isEqualTo("error");
            assertThat(socket.closeCode()).isEqualTo(1007);
            assertThat(engine.runs).isEmpty();
        }
    }

    @Test
    void aViolationInMidAnswerFreesTheSequence() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = serve(engine, tight(Duration.ofSeconds(15)));
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create());
            socket.event();
            socket.frame(RawSocket.TEXT, true, new byte[] {(byte) 0xff});
            assertThat(socket.closeCode()).isEqualTo(1007);
            Awaitility.await().until(() -> engine.runs.getFirst().over());
            Awaitility.await().until(() -> served.answersGone.get() == 1);
        }
    }

    @Test
    void aClientThatAnswersNoPingIsGone() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(CANARY);
        SocketLimits patient =
                new SocketLimits(1000, 4, 20, 8, Duration.ofSeconds(2)); // A busy machine is slow to answer.
        ApiConfig config = Served.config(patient, TransportLimits.DEFAULT, Duration.ofMillis(250), 64);
        try (Served served = new Served(engine, config);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create());
            socket.event(); // It is with the engine.
            assertThat(socket.closeCode()).isEqualTo(1008); // Whoever reads so answers no ping any more.
            Awaitility.await().until(() -> engine.runs.getFirst().cancelled()); // The close frame is quicker.
            engine.step();
            assertThat(engine.runs.getFirst().over()).isTrue();
            assertThat(engine.runs.getFirst().sampled()).isZero();
            Awaitility.await().until(() -> served.answersGone.get() == 1);
        }
    }

    @Test
    void aClientThatAnswersPingsStays() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(CANARY);
        // A busy machine may well take a second or two between two lines.
        SocketLimits patient = new SocketLimits(1000, 4, 20, 8, Duration.ofSeconds(4));
        ApiConfig config = Served.config(patient, TransportLimits.DEFAULT, Duration.ofMillis(250), 64);
        try (Served served = serve(engine, config);
                RawSocket socket = RawSocket.open(served.port)) {
            int pings = 0;
            while (pings < 20) { // For longer than the silence that would end it.
                RawSocket.Frame frame = socket.next();
                assertThat(frame.opcode()).isEqualTo(RawSocket.PING);
                socket.frame(RawSocket.PONG, true, frame.payload());
                pings++;
            }
            sing(socket);
        }
    }

    @Test
    @Timeout(300) // Only a hang reaches it.
    void whoProvokesRepliesWithoutReadingThemIsCutOff() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(CANARY);
        ApiConfig config = Served.config(TIGHT, Served.SMALL_BUFFERS, Duration.ofSeconds(15), 64);
        try (Served served = serve(engine, config);
                RawSocket canary = RawSocket.open(served.port);
                RawSocket socket = RawSocket.small(served.port)) {
            try {
                while (true) {
                    socket.send("{");
                }
            } catch (SocketException closed) {
                assertThat(closed).hasMessageMatching(".*(reset|Broken pipe|closed|abort).*");
            }
            sing(canary);
        }
    }

    @Test
    void negotiatesNoCompression() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(CANARY);
        try (Served served = serve(engine, Served.config());
                RawSocket socket = RawSocket.open(
                        served.port, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")) {
            assertThat(socket.status()).isEqualTo(101);
            assertThat(socket.head.toLowerCase(java.util.Locale.ROOT)).doesNotContain("sec-websocket-extensions");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "https://evil.example, 403",
        "http://128.0.0.1:1, 403",
        "null, 403",
        "http://127.0.0.1:1, 101",
        "http://localhost:5173, 101",
        "http://127.0.0.1:{port}, 101",
        "https://chat.example, 101"
    })
    void askedByAPageItAnswersOnlyThoseAllowed(String origin, int status) throws Exception {
        ScriptedEngine engine = new ScriptedEngine(CANARY);
        try (Served served = serve(engine, Served.config());
                RawSocket socket = RawSocket.open(
                        served.port, "Origin: " + origin.replace("{port}", Integer.toString(served.port)))) {
            assertThat(socket.status()).isEqualTo(status);
        }
    }

    @Test
    void aPlainGetIsToldToUpgrade() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(CANARY);
        try (Served served = serve(engine, Served.config());
                java.net.Socket plain = new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), served.port)) {
            plain.getOutputStream()
                    .write("GET /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(plain.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 426 ").contains("upgrade_required");
        }
    }
}
