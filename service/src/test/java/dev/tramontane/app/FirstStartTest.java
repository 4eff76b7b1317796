package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first start on a machine, where the kernel library has to be unpacked. */
class FirstStartTest {
    private static final int PROCESSES = 3;

    @TempDir
    Path directory;

    /** As when an orchestrator starts several at once on a fresh volume. */
    @Test
    void processesThatUnpackIntoOneDirectoryAtOnceAllAnswer() throws Exception {
        String model = TinyModel.PLAIN.writeTo(directory).toString();
        Path fresh = directory.resolve("not").resolve("there").resolve("yet");
        List<Process> processes = new ArrayList<>();
        List<Path> errors = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            errors.add(directory.resolve("err" + i));
            processes.add(start(errors.get(i), "--model", model, "--library-directory", fresh.toString(), "hello"));
        }
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            Process process = processes.get(i);
            answers.add(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            assertThat(process.waitFor()).as(Files.readString(errors.get(i))).isZero();
        }
        assertThat(answers).doesNotContain("").containsOnly(answers.getFirst());
        try (Stream<Path> files = Files.list(fresh)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .singleElement()
                    .asString()
                    .startsWith("libtramontane-");
        }
    }

    private static Process start(Path err, String... arguments) throws IOException {
        ProcessBuilder complete = OwnProcess.of(List.of(), "complete", "-n", "8", "-t", "0");
        complete.command().addAll(List.of(arguments));
        return complete.redirectError(err.toFile()).start();
    }

    /** A container's bare user number: no entry in the list of users, and no HOME. */
    @Test
    void withoutAHomeAPlaceHasToBeNamed() {
        Properties homeless = new Properties();
        homeless.setProperty("user.home", "?");
        Configuration configuration = Configuration.of(Settings.of(Map.of(), Map.of(), Map.of(), ""));
        Environment environment = new Environment(
                Map.of(),
                homeless,
                System.in,
                new StandardOutput(System.out),
                System.err,
                false,
                false,
                false,
                action -> {});
        assertThatThrownBy(() -> KernelLibraries.directory(configuration, environment))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--library-directory DIR");
    }
}
