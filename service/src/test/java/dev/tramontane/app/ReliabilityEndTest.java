package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Patience;
import dev.tramontane.fixtures.Ports;
import dev.tramontane.fixtures.Recovery;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * How processes begin and end, by the numbers in docs/faults.md. After each the next process, in the same directories, is
 * checked in place of the one that is gone: it finds nothing left behind, serves, and all holds that {@link Recovery} checks.
 */
@Tag("slow")
@Timeout(600) // Only a hang reaches it.
class ReliabilityEndTest {
    private static final Duration HANG = Duration.ofMinutes(3);

    @TempDir
    Path dir;

    private TinyServer server;

    @BeforeEach
    void files() throws IOException {
        server = new TinyServer(dir);
    }

    private void theNextServes(String name) throws IOException {
        try (Stream<Path> left = Files.list(server.temporary)) {
            assertThat(left).as("%s: files left behind", name).isEmpty();
        }
        try (WatchedProcess next = server.start()) {
            new Recovery(next).isRecovered(name);
        }
    }

    /** The code that it ends with. */
    private static int end(WatchedProcess process) throws InterruptedException {
        return end(process.process);
    }

    private static int end(Process process) throws InterruptedException {
        assertThat(process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                .as("it ends")
                .isTrue();
        return process.exitValue();
    }

    @Test
    @DisplayName("reliability 34: memory that is not there is asked for at load")
    void memoryThatIsNotThere() throws Exception {
        ProcessBuilder builder = server.builder("--cache-memory", "900TiB", "--max-sequences", "4096");
        List<String> limited = new ArrayList<>(List.of("bash", "-c", "ulimit -v 8388608 && exec \"$@\"", "limited"));
        limited.addAll(builder.command());
        Process process = builder.command(limited).start();
        assertThat(end(process)).as(Files.readString(server.err)).isEqualTo(2);
        assertThat(Files.readString(server.out)).as("it was never ready").isEmpty();
        assertThat(Files.readAllLines(server.err).getLast())
                .startsWith("tramontane: ")
                .contains("--cache-memory")
                .doesNotContain("Exception");
        theNextServes("reliability 34");
    }

    @Test
    @DisplayName("reliability 53: SIGTERM with fifty streams, and a second one")
    void sigtermWithFiftyStreams() throws Exception {
        try (WatchedProcess process = server.start("--max-batch", "4", "--drain-delay", "100s")) {
            List<BufferedReader> streams = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                streams.add(new BufferedReader(new InputStreamReader(process.stream(30), StandardCharsets.UTF_8)));
            }
            InputStream endless = process.stream(16_000);
            process.signal("TERM");
            Patience.until(() -> process.status("/readyz") == 503);
            assertThat(process.outcome("/v1/completions", "hello"))
                    .as("first it is not ready")
                    .isEqualTo("200");
            process.signal("TERM"); // Skips the delay.
            Patience.until(() -> process.outcome("/v1/completions", "hello").equals("503"));
            assertThat(process.status("/livez")).isEqualTo(200);
            endless.close();
            for (BufferedReader stream : streams) { // Each is told how it ended: none is cut in the middle.
                assertThat(stream.lines().filter(line -> line.startsWith("data: ")))
                        .last()
                        .isEqualTo("data: [DONE]");
            }
            assertThat(end(process)).isZero();
        }
        try (WatchedProcess process = server.start("--drain-timeout", "1s")) {
            InputStream endless = process.stream(16_000);
            process.signal("TERM");
            String told = new String(endless.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(told)
                    .as("the end that the limit makes")
                    .contains("shuts down")
                    .endsWith("data: [DONE]\n\n");
            assertThat(end(process)).isZero();
        }
        try (WatchedProcess process = server.start("--drain-timeout", "100s")) {
            InputStream endless = process.stream(16_000);
            process.signal("TERM");
            Patience.until(() -> process.status("/readyz") == 503);
            process.signal("TERM");
            end(process); // Whoever asks twice doesn't wait a hundred seconds.
            endless.close();
        }
        theNextServes("reliability 53");
    }

    @Test
    @DisplayName("reliability 54: SIGTERM at any time before it serves")
    void sigtermWhileItLoads() throws Exception {
        boolean early = false;
        for (int lines = 0; lines < 4; lines++) { // Of its log, so that it is somewhere else each time.
            Process process = server.builder().start();
            int waited = lines;
            Patience.until(() -> Files.readAllLines(server.err).size() >= waited);
            process.destroy();
            assertThat(end(process)).isIn(0, 143); // 143: before it listened to signals.
            early |= Files.readString(server.out).isEmpty();
        }
        assertThat(early).as("one of them was not ready yet").isTrue();
        theNextServes("reliability 54");
    }

    @Test
    @DisplayName("reliability 55: probes from the first moment on")
    void probesWhileItLoads() throws Exception {
        while (!isSeenLoading()) {
            // Whoever has little of the machine may not get to look before it is ready: then another one is looked at.
        }
    }

    /** Probes a process from its first moment on; whether it was seen before it was ready. All else has to hold anyway. */
    private boolean isSeenLoading() throws Exception {
        int port = Ports.free();
        Process process = server.builder("--port", Integer.toString(port)).start();
        try {
            List<Integer> ready = new ArrayList<>();
            Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> {
                int live = status(port, "/livez");
                assertThat(live).isIn(0, 200);
                int now = status(port, "/readyz");
                if (live == 200 || now != 0) {
                    ready.add(now);
                }
                return now == 200;
            });
            assertThat(ready).containsOnly(503, 200);
            WatchedProcess watched = new WatchedProcess(process, server.out);
            assertThat(watched.metrics()).containsPattern("tramontane_model_warm_up_seconds (?!0\\.0)");
            assertThat(watched.outcome("/v1/completions", "hello")).isEqualTo("200");
            new Recovery(watched).isRecovered("reliability 55");
            return ready.contains(503);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    @DisplayName("reliability 57: kill -9, and again from the same directories")
    void killedInMidAnswer() throws Exception {
        for (int i = 0; i < 2; i++) {
            try (WatchedProcess process = server.start()) {
                assertThat(process.stream(16_000).readNBytes(100)).hasSize(100);
                process.signal("KILL");
                end(process);
            }
            theNextServes("reliability 57");
        }
    }

    /** 0 where nobody listens. */
    private static int status(int port, String path) {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
            connection.setRequestProperty("Connection", "close");
            return connection.getResponseCode();
        } catch (IOException refused) {
            return 0;
        }
    }
}
