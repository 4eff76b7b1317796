package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** How a socket's life ends: by a message that never does, with the server, and in the middle of an answer. */
class SocketEndingTest {
    private static final byte[] X = {'x'};

    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        root.addAppender(lines);
    }

    @AfterEach
    void listenNoMore() {
        root.detachAppender(lines);
    }

    private void assertNoWarning() {
        assertThat(List.copyOf(lines.list))
                .filteredOn(line -> !line.getLoggerName().endsWith("BlockedThreadChecker")) // A busy machine's.
                .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN) || line.getThrowableProxy() != null)
                .extracting(ILoggingEvent::getFormattedMessage)
                .isEmpty();
    }

    private static JsonObject create(int maxTokens) {
        return JsonObject.of("type", "response.create", "input", "go", "store", false, "max_output_tokens", maxTokens);
    }

    private static void until(BooleanSupplier condition) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(condition::getAsBoolean);
    }

    private static ApiConfig config(Duration bodyTime) {
        TransportLimits limits =
                new TransportLimits(1000, 4096, 8192, 1 << 20, bodyTime, Duration.ofSeconds(60), 4 << 10, 4 << 10);
        return Served.config(SocketLimits.DEFAULT, limits, Duration.ofSeconds(15), 64);
    }

    /** However lively the client is otherwise, and though its answers are right. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @Timeout(300) // Only a hang reaches it.
    void aMessageThatTricklesInForEverIsNotWaitedFor(int fragmentBytes) throws Exception {
        ScriptedEngine engine = new ScriptedEngine("answer");
        try (Served served = new Served(engine, config(Duration.ofMillis(200))).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create(100));
            socket.response();
            Thread dripping = Thread.ofVirtual().start(() -> {
                try {
                    socket.frame(RawSocket.TEXT, false, X);
                    while (true) {
                        socket.frame(RawSocket.CONTINUATION, false, new byte[fragmentBytes]);
                        socket.frame(RawSocket.PONG, true, X);
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(60));
                    }
                } catch (IOException closed) {
                    // As it should be.
                }
            });
            assertThat(socket.closeCode()).isEqualTo(1008);
            assertThat(socket.ends()).isTrue();
            dripping.join();
        }
    }

    @Test
    @Timeout(300) // Only a hang reaches it.
    void fragmentsThatComeInTimeAreAMessageAndTheNextHasItsOwnTime() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("answer");
        try (Served served = new Served(engine, config(Duration.ofSeconds(20))).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            for (int i = 0; i < 3; i++) {
                byte[] message = create(100).encode().getBytes(StandardCharsets.UTF_8);
                for (int at = 0; at < message.length; at++) {
                    socket.frame(
                            at == 0 ? RawSocket.TEXT : RawSocket.CONTINUATION,
                            at == message.length - 1,
                            new byte[] {message[at]});
                }
                assertThat(socket.response().getLast().getString("type")).isEqualTo("response.completed");
            }
        }
    }

    /** Nothing here is to end for its time: neither the grace nor a ping may run out while the machine stands still. */
    @Test
    @Timeout(600)
    void shuttingDownIsGoingAway() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("answer");
        TransportLimits patient = new TransportLimits(
                1000, 4096, 8192, 1 << 20, Duration.ofSeconds(10), Duration.ofHours(6), 0, 16 << 10);
        ApiConfig config = Served.config(SocketLimits.DEFAULT, patient, Duration.ofHours(1), 64);
        try (Served served = new Served(engine, config);
                RawSocket idle = RawSocket.open(served.port);
                RawSocket busy = RawSocket.open(served.port)) {
            busy.send(create(100));
            until(() -> engine.runs.size() == 1);
            Future<Void> stopped = served.service.stop(Duration.ofHours(1));
            assertThat(idle.closeCode()).isEqualTo(1001);
            busy.send(create(100)); // No more than what runs.
            assertThat(busy.response().getLast().getJsonObject("error").getString("message"))
                    .contains("shutting down");
            until(() -> {
                engine.step();
                return engine.runs.getFirst().over();
            });
            assertThat(busy.response().getLast().getString("type")).isEqualTo("response.completed");
            assertThat(busy.closeCode()).isEqualTo(1001);
            stopped.await();
        }
    }

    /** The client says goodbye while its socket is full, and then reads on: the rest has nowhere to go. */
    @Test
    @Timeout(300) // Only a hang reaches it.
    void closingInMidAnswerLogsNoException() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, config(Duration.ofSeconds(30))).stepping(engine::step)) {
            for (int i = 0; i < 5; i++) {
                int sockets = i;
                try (RawSocket socket = RawSocket.small(served.port)) {
                    socket.send(create(4000));
                    until(() -> engine.runs.size() > sockets);
                    ScriptedEngine.Run run = engine.runs.get(i);
                    stands(run);
                    assertThat(run.over()).isFalse();
                    socket.closeFrame(1000);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20L * i)); // Before or after it is seen.
                    socket.closeCode();
                    until(run::over);
                }
            }
            until(() -> served.connections.get() == 0);
        }
        assertNoWarning();
    }

    /** Whoever says goodbye and then neither reads nor hangs up does not keep his place. */
    @Test
    @Timeout(300) // Only a hang reaches it.
    void aCloseFrameFromAReaderThatStandsStillFreesThePlace() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, config(Duration.ofSeconds(30))).stepping(engine::step);
                RawSocket socket = RawSocket.small(served.port)) {
            socket.send(create(4000));
            until(() -> !engine.runs.isEmpty());
            stands(engine.runs.getFirst());
            socket.closeFrame(1000);
            until(() -> served.connections.get() == 0);
            assertThat(engine.runs.getFirst().sampled()).isLessThan(4000);
        }
        assertNoWarning();
    }

    /** The server's own goodbye waits behind events that nobody reads, and the shutdown is over. */
    @Test
    @Timeout(300) // Only a hang reaches it.
    void aShutdownThatCutsAReaderThatStandsStillLogsNoException() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, config(Duration.ofSeconds(30))).stepping(engine::step);
                RawSocket socket = RawSocket.small(served.port)) {
            socket.send(create(4000));
            until(() -> !engine.runs.isEmpty());
            stands(engine.runs.getFirst());
            socket.closeFrame(1000);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50)); // Most likely it is answered, into the queue.
            served.service.stop(Duration.ofMillis(1)).await(3, TimeUnit.MINUTES);
            until(() -> served.connections.get() == 0);
        }
        assertNoWarning();
    }

    /** Waits until demand has stopped the sequence: all that was allowed is sampled, and no more is for a while. */
    private static void stands(ScriptedEngine.Run run) {
        int[] before = {-1, 0};
        until(() -> {
            before[1] = run.sampled() == before[0] && run.sampled() == run.demanded() ? before[1] + 1 : 0;
            before[0] = run.sampled();
            return before[1] > 100;
        });
    }
}
