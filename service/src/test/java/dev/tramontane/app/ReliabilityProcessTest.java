package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.Patience;
import dev.tramontane.fixtures.Recovery;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Faults that happen to a whole process, which goes on, by their numbers in docs/faults.md. */
@Tag("slow")
@Timeout(300) // Only a hang reaches it.
class ReliabilityProcessTest {
    /** 192 of them are kept for other uses, so there is room for 60 connections. */
    private static final int DESCRIPTORS = 252;

    @TempDir
    Path dir;

    private TinyServer server;

    @BeforeEach
    void files() throws IOException {
        server = new TinyServer(dir);
    }

    @Test
    @DisplayName("reliability 35: no descriptors left for connections")
    void descriptorsRunOut() throws Exception {
        ProcessBuilder builder = server.builder();
        List<String> limited =
                new ArrayList<>(List.of("bash", "-c", "ulimit -n " + DESCRIPTORS + " && exec \"$@\"", "limited"));
        limited.addAll(builder.command());
        try (WatchedProcess process = server.start(builder.command(limited))) {
            Recovery recovery = new Recovery(process);
            recovery.after("reliability 35: descriptors", () -> {
                List<Socket> idle = new ArrayList<>();
                try {
                    for (int i = 0; i < 2 * DESCRIPTORS; i++) {
                        idle.add(new Socket(InetAddress.getLoopbackAddress(), process.port));
                    }
                    Patience.until(() ->
                            WatchedProcess.value(process.metrics(), "tramontane_http_connections_refused_total") > 0);
                } finally {
                    for (Socket socket : idle) {
                        socket.close();
                    }
                }
            });
        }
        // Netty says so itself, once a second at most: it accepts nobody for that long.
        assertThat(Files.readString(server.err).lines().filter(line -> line.contains("Exception")))
                .allMatch(line -> line.contains("Too many open files"));
    }

    @Test
    @DisplayName("reliability 35: a full disk under the log")
    void theLogsDiskIsFull() throws Exception {
        Path full = Path.of("/dev/full");
        Needed.program(Files.exists(full), full.toString());
        ProcessBuilder builder = server.builder("--access-log", "on").redirectError(full.toFile());
        try (WatchedProcess process = server.start(builder)) {
            Recovery recovery = new Recovery(process);
            recovery.after("reliability 35: the log", () -> {
                for (int i = 0; i < 200; i++) {
                    assertThat(process.status("/v1/nothing")).isEqualTo(404);
                }
            });
        }
    }

    @Test
    @DisplayName("reliability 35: no threads left")
    void threadsRunOut() throws Exception {
        Needed.program(runs("setpriv", "--version") && runs("prlimit", "--version"), "util-linux");
        ProcessBuilder builder = server.builder();
        List<String> command = new ArrayList<>(asNobody());
        command.addAll(builder.command());
        try (WatchedProcess process = server.start(builder.command(command))) {
            Recovery recovery = new Recovery(process);
            recovery.after("reliability 35: threads", () -> {
                limitThreads(process, "1"); // From now on nobody gets a new one.
                try {
                    ConcurrentLinkedQueue<String> answers = new ConcurrentLinkedQueue<>();
                    List<Thread> askers = new ArrayList<>();
                    for (int i = 0; i < 40; i++) {
                        String path = i % 2 == 0 ? "/tokenize" : "/v1/completions";
                        askers.add(Thread.ofPlatform()
                                .daemon()
                                .start(() -> answers.add(process.outcome(path, WatchedProcess.LARGE))));
                    }
                    for (Thread asker : askers) {
                        asker.join();
                    }
                    assertThat(answers)
                            .as("shed, each by an answer")
                            .hasSize(40)
                            .allMatch(answer -> answer.matches("200|429|503"))
                            .contains("503");
                } finally {
                    limitThreads(process, mostThreads(process));
                }
            });
            assertThat(process.outcome("/tokenize", WatchedProcess.LARGE))
                    .as("threads come again")
                    .isEqualTo("200");
        }
    }

    /** Who is nobody else's either. */
    private static final int NOBODY = 64_987;

    /** Lets the process have so many threads, or as many as it may have at most. */
    private void limitThreads(WatchedProcess process, String limit) throws Exception {
        List<String> command = new ArrayList<>(asNobody());
        command.addAll(List.of("prlimit", "--pid", Long.toString(process.process.pid()), "--nproc=" + limit + ':'));
        assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
    }

    private static String mostThreads(WatchedProcess process) throws IOException {
        return Files.readString(Path.of("/proc", Long.toString(process.process.pid()), "limits"))
                .replaceAll("(?s).*Max processes +\\S+ +(\\S+).*", "$1");
    }

    /** The limit doesn't bind root. Who he becomes may read what he could. */
    private List<String> asNobody() throws IOException {
        return Files.getAttribute(dir, "unix:uid").equals(0)
                ? List.of("setpriv", "--reuid=" + NOBODY, "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
                : List.of();
    }

    private static boolean runs(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException missing) {
            return false;
        }
    }

    @Test
    @DisplayName("reliability 59: suspended in mid-answer for longer than a stuck thread may take")
    void suspended() throws Exception {
        try (WatchedProcess process = server.start("--stuck-timeout", "2s")) {
            Recovery recovery = new Recovery(process);
            recovery.after("reliability 59: suspended", () -> {
                InputStream under = process.stream(200);
                assertThat(under.readNBytes(100)).hasSize(100);
                process.signal("STOP");
                TimeUnit.SECONDS.sleep(6);
                process.signal("CONT");
                assertThat(new String(under.readAllBytes(), StandardCharsets.UTF_8))
                        .endsWith("data: [DONE]\n\n");
            });
        }
    }
}
