package dev.tramontane.release;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Documents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs what packs releases, and other programs, each to its end. */
final class Packing {
    private Packing() {}

    /** The repository's root. */
    static Path root() {
        return Documents.root();
    }

    /** Whether the kernel library of this build has CUDA: then its image is the other one. */
    static boolean withCuda() {
        Path library = root().resolve("kernels-native/target/classes/dev/tramontane/kernels/linux-"
                + System.getProperty("os.arch").replace("amd64", "x86_64") + "/libtramontane.so");
        try {
            // Words of a library are ASCII.
            return !Files.readString(library, StandardCharsets.ISO_8859_1).contains("built without nvcc");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** Starts a script of {@code packaging/} with another umask and environment than anybody has. */
    static Process start(Path log, String mask, Map<String, String> variables, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "umask " + mask + "; exec sh \"$@\"", "sh"));
        command.add(root().resolve("packaging").resolve(words[0]).toString());
        command.addAll(List.of(words).subList(1, words.length));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(variables);
        return builder.start();
    }

    /** Waits for a process to end well. */
    static void await(Process process, Path log) throws Exception {
        assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }

    /** What a program that ends well prints. */
    static String output(Path folder, String... command) throws Exception {
        Path out = Files.createTempFile("tramontane", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            await(process, out);
            return Files.readString(out, StandardCharsets.UTF_8);
        } finally {
            Files.delete(out);
        }
    }

    /** The only file in a folder whose name ends so. */
    static Path only(Path folder, String end) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith(end)).toList();
            assertThat(found).hasSize(1);
            return found.getFirst();
        }
    }
}
