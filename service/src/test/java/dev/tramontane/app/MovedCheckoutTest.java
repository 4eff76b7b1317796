package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Needed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The native build of a checkout that was moved, copied or linked, by the script that the build runs; needs CMake. */
class MovedCheckoutTest {
    private static final Path SCRIPT = Path.of("..", "kernels-native", "native", "cmake", "configure.cmake")
            .toAbsolutePath()
            .normalize();

    @TempDir
    Path directory;

    @BeforeEach
    void checkout() throws IOException {
        boolean there = Stream.of("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
                .anyMatch(bin -> Files.isExecutable(Path.of(bin, "cmake")));
        Needed.program(there, "cmake");
        Files.createDirectories(place("first"));
        Files.writeString(
                place("first").resolve("CMakeLists.txt"),
                "cmake_minimum_required(VERSION 3.22)\nproject(nothing LANGUAGES NONE)\n");
        configure("first");
        Files.createFile(place("first").resolve("build/kept"));
    }

    private Path place(String name) {
        return directory.resolve(name);
    }

    private void configure(String name) throws IOException {
        Process process = new ProcessBuilder(List.of(
                        "cmake",
                        "-DSOURCE=" + place(name),
                        "-DBUILD=" + place(name).resolve("build"),
                        "-DOPTIONS=-DA=1;-DB=two words",
                        "-P",
                        SCRIPT.toString()))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertThat(process.waitFor()).as(said).isZero();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    private boolean kept(String name) {
        return Files.exists(place(name).resolve("build/kept"));
    }

    @Test
    void goesOnWhereItWas() throws IOException {
        configure("first");
        assertThat(kept("first")).isTrue();
        assertThat(place("first").resolve("build/CMakeCache.txt")).content().contains("A:", "=1", "=two words");
    }

    @Test
    void buildsAMovedCheckoutAnew() throws IOException {
        Files.move(place("first"), place("second"));
        configure("second");
        assertThat(kept("second")).isFalse();
    }

    @Test
    void buildsACopyAnewAndLeavesTheFirst() throws IOException {
        copy(place("first"), place("second"));
        configure("second");
        assertThat(kept("second")).isFalse();
        assertThat(kept("first")).isTrue();
    }

    @Test
    void goesOnThroughASymbolicLink() throws IOException {
        Files.createSymbolicLink(place("link"), place("first"));
        configure("link");
        assertThat(kept("first")).isTrue();
    }

    @Test
    void buildsAnewWhenTheCompilerIsGone() throws IOException {
        Path cache = place("first").resolve("build/CMakeCache.txt");
        Files.writeString(cache, Files.readString(cache) + "CMAKE_CXX_COMPILER:FILEPATH=/gone/bin/c++\n");
        configure("first");
        assertThat(kept("first")).isFalse();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
