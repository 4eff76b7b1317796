package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.faults.Fault;
import dev.tramontane.faults.FaultProxy;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** Streams over both protocols through a network that is slow, cuts, or swallows everything. */
@Timeout(300) // Only a hang reaches it.
class FaultyNetworkTest {
    private static final int TOKENS = 60;
    private static final Duration HEARTBEAT = Duration.ofMillis(100);

    /** A client that answers no ping for so long is gone. */
    private static final SocketLimits SOCKETS = new SocketLimits(1000, 4, 20, 8, Duration.ofSeconds(3));

    /** Small buffers, and some seconds of a socket that takes nothing. */
    private static final TransportLimits TRANSPORT = new TransportLimits(
            1000, 4096, 8192, 1 << 20, Duration.ofSeconds(10), Duration.ofSeconds(3), 4 << 10, 4 << 10);

    private static final ApiConfig CONFIG = Served.config(SOCKETS, TRANSPORT, HEARTBEAT, 16);

    /** For those who are slow and there: nothing is to end for its time, however busy the machine is. */
    private static final ApiConfig PATIENT = Served.config(SocketLimits.DEFAULT, Served.SMALL_BUFFERS, HEARTBEAT, 16);

    /** How an answer is asked for. */
    enum Way {
        SSE,
        SOCKET
    }

    /** An answer that has been asked for, and whatever of it has come. */
    private interface Asked extends AutoCloseable {
        /** Reads to the end of what comes, and tells whether the answer was whole. */
        boolean isWhole() throws IOException;

        @Override
        void close() throws IOException;
    }

    private static Asked ask(Way way, int port, int tokens) throws IOException {
        return way == Way.SSE ? new Events(port, tokens) : new Messages(port, tokens);
    }

    private static final class Events implements Asked {
        private final Socket socket;

        Events(int port, int tokens) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            String body = JsonObject.of("prompt", "go", "max_tokens", tokens, "ignore_eos", true, "stream", true)
                    .encode();
            socket.getOutputStream()
                    .write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                    + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n"
                                    + body)
                            .getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public boolean isWhole() throws IOException {
            String all;
            try {
                all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (SocketException reset) {
                return false;
            }
            return all.contains("data: [DONE]")
                    && all.split("\"text\":\"x\"", -1).length == TOKENS + 1
                    && all.endsWith("\r\n0\r\n\r\n");
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static final class Messages implements Asked {
        private final RawSocket socket;

        Messages(int port, int tokens) throws IOException {
            socket = RawSocket.open(port);
            socket.send(JsonObject.of("type", "response.create", "input", "go", "ignore_eos", true)
                    .put("max_output_tokens", tokens)
                    .put("store", false)); // Nobody will come back for it.
        }

        @Override
        public boolean isWhole() {
            try {
                JsonObject last = socket.response().getLast();
                return last.encode().contains("x".repeat(TOKENS) + "\"");
            } catch (IOException cut) {
                return false;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static ConditionFactory eventually() {
        return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2));
    }

    private static ScriptedEngine talking() {
        return new ScriptedEngine(at -> 'x');
    }

    private static Served serve(ScriptedEngine engine) {
        return new Served(engine, CONFIG).stepping(engine::step);
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("reliability 26: a slow network loses nothing")
    void aSlowNetworkLosesNothing(Way way) throws Exception {
        ScriptedEngine engine = talking();
        try (Served served = new Served(engine, PATIENT).stepping(engine::step);
                FaultProxy proxy = FaultProxy.before(served.port)) {
            Fault slow = Fault.NONE.delayed(Duration.ofMillis(3)).throttled(40_000);
            proxy.toClients(slow).toServer(slow);
            try (Asked asked = ask(way, proxy.port(), TOKENS)) {
                assertThat(asked.isWhole()).isTrue();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("reliability 29: cut connections free their sequences without a word in the log")
    void cutConnectionsFreeTheirSequencesWithoutAWord(Way way) throws Exception {
        ListAppender<ILoggingEvent> warnings = new ListAppender<>();
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        ScriptedEngine engine = talking();
        try (Served served = serve(engine);
                FaultProxy proxy = FaultProxy.before(served.port)) {
            warnings.start();
            root.addAppender(warnings);
            int cut = 0;
            for (Fault.End end : List.of(Fault.End.RESET, Fault.End.TRUNCATE)) {
                for (int after : new int[] {0, 1, 100, 400, 1000, 3000, 9000}) {
                    proxy.toClients(Fault.NONE.ending(end, after));
                    try (Asked asked = ask(way, proxy.port(), 4000)) {
                        assertThat(asked.isWhole())
                                .as("%s after %s", end, after)
                                .isFalse();
                    } catch (IOException handshake) {
                        assertThat(after).as("%s: %s", end, handshake).isLessThan(400); // Not even the head came.
                    }
                    cut++;
                    eventually().until(() -> served.connections.get() == 0);
                    eventually().until(() -> engine.runs.stream().allMatch(ScriptedEngine.Run::over));
                }
            }
            assertThat(engine.runs).allSatisfy(run -> assertThat(run.sampled()).isLessThan(4000));
            assertThat(cut).isEqualTo(14);
        } finally {
            root.detachAppender(warnings);
        }
        assertThat(warnings.list)
                .filteredOn(line -> !line.getLoggerName().endsWith("BlockedThreadChecker")) // A busy machine's.
                .extracting(ILoggingEvent::getFormattedMessage)
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("reliability 27: a black hole frees the sequence, a mate beside it is served")
    void aBlackHoleFreesTheSequence(Way way) throws Exception {
        ScriptedEngine engine = talking();
        List<Asked> lost = new ArrayList<>();
        try (Served served = serve(engine);
                FaultProxy proxy = FaultProxy.before(served.port)) {
            Fault hole = Fault.NONE.ending(Fault.End.BLACK_HOLE, 2000);
            proxy.toClients(hole);
            for (int i = 0; i < 4; i++) {
                lost.add(ask(way, proxy.port(), 4000));
            }
            eventually().until(() -> engine.runs.size() == 4);
            proxy.toServer(Fault.NONE.ending(Fault.End.BLACK_HOLE, 0)); // Nor does anything of theirs come any more.
            try (Asked mate = ask(way, served.port, TOKENS)) {
                assertThat(mate.isWhole()).isTrue();
            }
            eventually().until(() -> served.connections.get() == 0);
            eventually().until(() -> engine.runs.stream().allMatch(ScriptedEngine.Run::over));
            assertThat(engine.runs.subList(0, 4))
                    .allSatisfy(run -> assertThat(run.sampled()).isLessThan(4000));
            assertThat(proxy.open()).as("which the network has not been told").isEqualTo(4);
        } finally {
            for (Asked asked : lost) {
                asked.close();
            }
        }
    }
}
