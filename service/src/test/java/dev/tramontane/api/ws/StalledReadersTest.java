package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Hundreds of readers that take nothing of long answers, beside two that read to the end. */
@Tag("slow")
class StalledReadersTest {
    private static final int SSE = 200;
    private static final int SOCKETS = 300;

    /** Some 150 bytes each, so far more than the buffers of 8 KB and the kernel's of both sides hold. */
    private static final int ANSWER = 4000;

    private static final int LIVELY_ANSWER = 500;

    private static void until(Callable<Boolean> condition) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofMinutes(5))
                .until(condition);
    }

    private static JsonObject create(int maxTokens, int seed) {
        return JsonObject.of(
                "type",
                "response.create",
                "store",
                false,
                "input",
                "go",
                "ignore_eos",
                true,
                "seed",
                seed,
                "max_output_tokens",
                maxTokens);
    }

    private static Socket stream(int port, int maxTokens, int seed) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(2048);
        socket.setSoTimeout(300_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        String body = JsonObject.of(
                        "prompt", "go", "max_tokens", maxTokens, "ignore_eos", true, "seed", seed, "stream", true)
                .encode();
        String request = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    @Test
    void costTheLivelyOnesNothingAndLeaveNothing() throws Exception {
        int stalled = SSE + SOCKETS;
        EngineLoop engine = new EngineLoop(
                FakeModel.of(ByteTokenizer.SIZE, 16),
                new EngineConfig(
                        new EngineConfig.Step(8, 64, 8),
                        new EngineConfig.Cache(16, CacheType.F16, 64 << 20),
                        new EngineConfig.Admission(stalled + 8, 4096, 64, 600, 1 << 20)),
                EngineObserver.NONE,
                System::nanoTime);
        engine.start();
        // None is asked whether he is there, or his silence would end it on a machine that takes long for this.
        TransportLimits patient = new TransportLimits(
                1000, 4096, 8192, 1 << 20, Duration.ofSeconds(10), Duration.ofHours(6), 4 << 10, 4 << 10);
        ApiConfig config = Served.config(SocketLimits.DEFAULT, patient, Duration.ofHours(1), 16);
        List<AutoCloseable> readers = new ArrayList<>();
        try (Served served = new Served(engine, config)) {
            try {
                for (int i = 0; i < SSE; i++) {
                    readers.add(stream(served.port, ANSWER, i));
                }
                for (int i = 0; i < SOCKETS; i++) {
                    RawSocket socket = RawSocket.small(served.port);
                    readers.add(socket);
                    socket.send(create(ANSWER, i));
                }
                until(() -> engine.status().parked() == stalled);
                assertThat(served.connections).hasValue(stalled);
                // Every token is a lively one's, once those who stand still have all that their buffers hold.
                until(() -> {
                    long before = engine.status().generatedTokens();
                    lively(served);
                    until(() -> engine.status().running() == 0);
                    return engine.status().generatedTokens() == before + 2L * LIVELY_ANSWER;
                });
                assertThat(engine.status().parked())
                        .as("still there, none served or dropped meanwhile")
                        .isEqualTo(stalled);
                assertThat(served.answersGone).hasValue(0);
            } finally {
                for (AutoCloseable reader : readers) {
                    reader.close();
                }
            }
            until(() -> served.connections.get() == 0);
            until(() -> engine.status().pagesUsed() == 0);
            assertThat(engine.status().running()
                            + engine.status().parked()
                            + engine.status().queued())
                    .isZero();
            until(() -> served.answersGone.get() == stalled);
            lively(served); // And all is as before.
        }
    }

    /** Both get the whole of their answers. */
    private static void lively(Served served) throws IOException {
        try (Socket stream = stream(served.port, LIVELY_ANSWER, 7);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create(LIVELY_ANSWER, 8));
            assertThat(socket.response()
                            .getLast()
                            .getJsonObject("response")
                            .getJsonObject("usage")
                            .getInteger("output_tokens"))
                    .isEqualTo(LIVELY_ANSWER);
            String all = new String(stream.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(all).startsWith("HTTP/1.1 200 ").contains("\"finish_reason\":\"length\"", "data: [DONE]");
        }
    }
}
