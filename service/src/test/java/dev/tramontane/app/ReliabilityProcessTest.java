package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.Recovery;
import dev.tramontane.fixtures.TinyModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Faults that happen to a whole process, by their numbers in docs/faults.md. */
@Tag("slow")
@Timeout(300) // Only a hang reaches it.
class ReliabilityProcessTest {
    private static final Duration HANG = Duration.ofMinutes(2);

    /** 192 of them are kept for other uses, so there is room for 60 connections. */
    private static final int DESCRIPTORS = 252;

    @TempDir
    Path dir;

    private ProcessBuilder serve(String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--model",
                TinyModel.PLAIN.withContext(16_384).writeTo(dir).toString(),
                "--port",
                "0",
                "--threads",
                "1"));
        arguments.addAll(List.of(more));
        Path temporary = Files.createDirectories(dir.resolve("tmp"));
        return OwnProcess.serve(
                        List.of(OwnProcess.OWN_LOG, "-Xmx512m", "-XX:-UsePerfData", "-Djava.io.tmpdir=" + temporary),
                        arguments.toArray(String[]::new))
                .redirectOutput(dir.resolve("out").toFile())
                .redirectError(dir.resolve("err").toFile());
    }

    private WatchedProcess start(ProcessBuilder builder) throws IOException {
        return new WatchedProcess(builder.start(), dir.resolve("out"));
    }

    @Test
    @DisplayName("reliability 35: no descriptors left for connections")
    void descriptorsRunOut() throws Exception {
        ProcessBuilder builder = serve();
        List<String> limited =
                new ArrayList<>(List.of("bash", "-c", "ulimit -n " + DESCRIPTORS + " && exec \"$@\"", "limited"));
        limited.addAll(builder.command());
        try (WatchedProcess server = start(builder.command(limited))) {
            Recovery recovery = new Recovery(server);
            recovery.after("reliability 35: descriptors", () -> {
                List<Socket> idle = new ArrayList<>();
                try {
                    for (int i = 0; i < 2 * DESCRIPTORS; i++) {
                        idle.add(new Socket(InetAddress.getLoopbackAddress(), server.port));
                    }
                    await(() ->
                            WatchedProcess.value(server.metrics(), "tramontane_http_connections_refused_total") > 0);
                } finally {
                    for (Socket socket : idle) {
                        socket.close();
                    }
                }
            });
        }
        // Netty says so itself, once a second at most: it accepts nobody for that long.
        assertThat(Files.readString(dir.resolve("err")).lines().filter(line -> line.contains("Exception")))
                .allMatch(line -> line.contains("Too many open files"));
    }

    @Test
    @DisplayName("reliability 35: a full disk under the log")
    void theLogsDiskIsFull() throws Exception {
        Path full = Path.of("/dev/full");
        Needed.program(Files.exists(full), full.toString());
        try (WatchedProcess server = start(serve("--access-log", "on").redirectError(full.toFile()))) {
            Recovery recovery = new Recovery(server);
            recovery.after("reliability 35: the log", () -> {
                for (int i = 0; i < 200; i++) {
                    assertThat(server.status("/v1/nothing")).isEqualTo(404);
                }
            });
        }
    }

    @Test
    @DisplayName("reliability 53: SIGTERM with fifty streams, and a second one")
    void sigtermWithFiftyStreams() throws Exception {
        try (WatchedProcess server = start(serve("--max-batch", "4"))) {
            List<BufferedReader> streams = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                streams.add(new BufferedReader(new InputStreamReader(server.stream(30), StandardCharsets.UTF_8)));
            }
            server.signal("TERM");
            for (BufferedReader stream : streams) { // Each is told how it ended: none is cut in the middle.
                assertThat(stream.lines().filter(line -> line.startsWith("data: ")))
                        .last()
                        .isEqualTo("data: [DONE]");
            }
            assertThat(server.process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(server.process.exitValue()).isZero();
        }
        try (WatchedProcess server = start(serve("--drain-timeout", "100s"))) {
            InputStream endless = server.stream(16_000);
            server.signal("TERM");
            await(() -> server.status("/readyz") == 503);
            server.signal("TERM");
            assertThat(server.process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            endless.close();
        }
    }

    @Test
    @DisplayName("reliability 57: kill -9, and again from the same directories")
    void killedInMidAnswer() throws Exception {
        for (int i = 0; i < 2; i++) {
            try (WatchedProcess server = start(serve())) {
                assertThat(server.canary(() -> {})).endsWith("[done]");
                assertThat(server.stream(16_000).readNBytes(100)).hasSize(100);
                server.signal("KILL");
                assertThat(server.process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
            }
            try (Stream<Path> left = Files.list(dir.resolve("tmp"))) {
                assertThat(left).as("files left behind").isEmpty();
            }
        }
    }

    @Test
    @DisplayName("reliability 59: suspended in mid-answer for longer than a stuck thread may take")
    void suspended() throws Exception {
        try (WatchedProcess server = start(serve("--stuck-timeout", "2s"))) {
            Recovery recovery = new Recovery(server);
            recovery.after("reliability 59: suspended", () -> {
                InputStream under = server.stream(200);
                assertThat(under.readNBytes(100)).hasSize(100);
                server.signal("STOP");
                TimeUnit.SECONDS.sleep(6);
                server.signal("CONT");
                assertThat(new String(under.readAllBytes(), StandardCharsets.UTF_8))
                        .endsWith("data: [DONE]\n\n");
            });
        }
    }

    /** What must come to be true. */
    @FunctionalInterface
    private interface Question {
        boolean isTrue() throws IOException;
    }

    private static void await(Question question) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(20))
                .atMost(HANG)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(question::isTrue);
    }
}
