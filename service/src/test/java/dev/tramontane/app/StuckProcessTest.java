package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process of its own whose log nobody reads: when the pipe is full, whoever writes a line stands still, event loops
 * among them. It has to end nevertheless.
 */
@Tag("slow")
@Timeout(300) // Only a hang reaches it.
class StuckProcessTest {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving \\S+ at http://127.0.0.1:(\\d+)");
    private static final Duration HANG = Duration.ofMinutes(3);

    /** Far more than a pipe holds, at a hundred bytes each. */
    private static final int LINES = 20_000;

    /** The pipe is full when as many answers in a row stay away. */
    private static final int SILENT = 4;

    @TempDir
    Path dir;

    /** Standard error is a pipe. */
    private Process serve(String stuckTimeout) throws IOException {
        return OwnProcess.serve(
                        List.of(OwnProcess.OWN_LOG),
                        "--model",
                        TinyModel.PLAIN.writeTo(dir).toString(),
                        "--port",
                        "0",
                        "--threads",
                        "1",
                        "--access-log",
                        "on",
                        "--stuck-timeout",
                        stuckTimeout,
                        "--drain-timeout",
                        "1s")
                .redirectOutput(dir.resolve("out").toFile())
                .start();
    }

    private int port(Process process) throws IOException {
        Path out = dir.resolve("out");
        await().atMost(HANG)
                .until(() -> !process.isAlive()
                        || ADDRESS.matcher(Files.readString(out)).find());
        Matcher address = ADDRESS.matcher(Files.readString(out));
        assertThat(address.find()).isTrue();
        return Integer.parseInt(address.group(1));
    }

    /** Asks, each time on a new connection, until the log is full and nobody answers. */
    private static void fillLog(int port) throws IOException {
        List<Socket> open = new ArrayList<>();
        try {
            int silent = 0;
            for (int i = 0; i < LINES && silent < SILENT; i++) {
                Socket socket = new Socket();
                open.add(socket);
                try {
                    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                    socket.setSoTimeout(1000);
                    socket.getOutputStream()
                            .write("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    silent = socket.getInputStream().readAllBytes().length > 0 ? 0 : silent + 1;
                    open.removeLast().close();
                } catch (SocketTimeoutException unanswered) {
                    silent++;
                }
            }
            assertThat(silent).as("unanswered").isEqualTo(SILENT);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    private static String log(InputStream pipe) throws IOException {
        return new String(pipe.readNBytes(Math.max(0, pipe.available())), StandardCharsets.UTF_8);
    }

    @Test
    void anEventLoopThatStandsStillEndsTheProcess() throws Exception {
        Process process = serve("1s");
        try {
            fillLog(port(process));
            assertThat(process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                    .as("ended")
                    .isTrue();
            assertThat(process.exitValue()).as(log(process.getErrorStream())).isEqualTo(ExitCode.STUCK);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void aShutdownThatStandsStillEndsTheProcess() throws Exception {
        Process process = serve("0s");
        try {
            fillLog(port(process));
            process.toHandle().destroy(); // SIGTERM, and the pipe stays as it is.
            assertThat(process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS))
                    .as("ended")
                    .isTrue();
            assertThat(process.exitValue()).as(log(process.getErrorStream())).isEqualTo(ExitCode.STUCK);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
