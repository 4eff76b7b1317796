package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.OwnProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code tramontane stage} as a process of its own. */
final class StageProcess implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: stage at \\S+:(\\d+)");
    private static final Duration HANG = Duration.ofMinutes(3);

    final Process process;
    private final Path out;

    /**
     * Does not wait for it.
     *
     * @param folder for what it says
     * @param port 0 for a free one
     */
    StageProcess(Path folder, String model, int port, String... more) throws IOException {
        this(List.of(), folder, model, "127.0.0.1:" + port, more);
    }

    /** @param place what stands before its command, which says where it runs */
    StageProcess(List<String> place, Path folder, String model, String listen, String... more) throws IOException {
        out = Files.createTempFile(folder, "stage", ".out");
        String[] arguments = Stream.concat(Stream.of(model, "--threads", "1", "--listen", listen), Stream.of(more))
                .toArray(String[]::new);
        ProcessBuilder builder = OwnProcess.computing(
                "stage", List.of(OwnProcess.OWN_LOG, "-Xmx256m", "-XX:TieredStopAtLevel=1"), arguments);
        builder.command().addAll(0, place);
        process = builder.redirectErrorStream(true).redirectOutput(out.toFile()).start();
    }

    /** Waits until it listens. */
    int port() throws IOException {
        await().atMost(HANG)
                .until(() -> !process.isAlive() || ADDRESS.matcher(said()).find());
        Matcher address = ADDRESS.matcher(said());
        assertThat(address.find()).as(said()).isTrue();
        return Integer.parseInt(address.group(1));
    }

    String said() throws IOException {
        return Files.readString(out);
    }

    void signal(String name) throws Exception {
        OwnProcess.signal(process, name);
    }

    @Override
    public void close() {
        OwnProcess.end(process);
    }
}
