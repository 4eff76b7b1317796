package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher itself, under every shell that may be {@code /bin/sh}. Its checkout is an empty one with a jar that looks
 * built, its JDK a folder whose {@code java} tells how it was called: neither Maven nor a model is needed.
 */
class LauncherTest {
    private static final Path LAUNCHER =
            Path.of("..", "tramontane").toAbsolutePath().normalize();

    /** As a checkout may be called, too. */
    private static final String CHECKOUT = "a check[out] (1)";

    @TempDir
    Path directory;

    private Path checkout = Path.of("");
    private Path jdk = Path.of("");

    /** What a run gave. */
    private record Run(int status, String out, String err) {}

    @BeforeEach
    void prepare() throws IOException {
        checkout = Files.createDirectories(directory.resolve(CHECKOUT));
        Files.copy(LAUNCHER, checkout.resolve("tramontane"), StandardCopyOption.COPY_ATTRIBUTES);
        Path target = Files.createDirectories(checkout.resolve("service/target"));
        Files.createFile(target.resolve("tramontane.jar"));
        Files.createFile(target.resolve(".tramontane-built"));
        jdk = directory.resolve("jdk");
        script(jdk.resolve("bin/javac"), "exit 0");
        script(jdk.resolve("bin/java"), "printf '%s\\n' \"$@\"; printf 'locale=%s\\n' \"${LC_ALL:-}\"");
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    }

    private static void script(Path file, String body) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Run run(List<String> shell, Path launcher, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(shell);
        command.add(launcher.toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return new Run(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }

    private Map<String, String> withJdk() {
        return Map.of("TRAMONTANE_JAVA_HOME", jdk.toString());
    }

    /** The shell's command line; skips where it is not installed. */
    private static List<String> shell(String words) {
        List<String> command = List.of(words.split(" "));
        Path file = Path.of(command.getFirst());
        boolean there = file.isAbsolute()
                ? Files.isExecutable(file)
                : Stream.of("/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
                        .anyMatch(bin -> Files.isExecutable(Path.of(bin, file.toString())));
        assumeTrue(there, file + " is not installed here: the launcher is not tried under it");
        return command;
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "dash", "busybox sh", "bash", "bash --posix", "ksh", "zsh", "yash"})
    void runsWithNothingInTheEnvironment(String words) throws Exception {
        Run run = run(shell(words), checkout.resolve("tramontane"), withJdk(), "serve", "--model", "a b.gguf");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out().lines())
                .containsSubsequence(
                        "-jar",
                        checkout.toRealPath()
                                .resolve("service/target/tramontane.jar")
                                .toString(),
                        "serve",
                        "--model",
                        "a b.gguf");
    }

    /** Without a word about a JDK, its search goes through all places; there may be one here or none. */
    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "dash", "busybox sh", "bash"})
    void searchesForAJdkWithoutAHome(String words) throws Exception {
        Run run = run(shell(words), checkout.resolve("tramontane"), Map.of(), "doctor");
        assertThat(run.err().toLowerCase(Locale.ROOT)).doesNotContain("not set", "unbound", "not found");
        assertThat(run.status()).isIn(1, 3); // The jar is empty, or there is no JDK.
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "dash", "busybox sh", "bash"})
    void isFoundThroughSymbolicLinks(String words) throws Exception {
        Path bin = Files.createDirectories(directory.resolve("home/bin"));
        Path absolute = Files.createSymbolicLink(bin.resolve("tramontane"), checkout.resolve("tramontane"));
        Path relative = Files.createSymbolicLink(bin.resolve("tm"), Path.of("..", "bin", "tramontane"));
        Path folder = Files.createSymbolicLink(directory.resolve("link"), checkout);
        for (Path called : List.of(absolute, relative, folder.resolve("tramontane"))) {
            Run run = run(shell(words), called, withJdk(), "--help");
            assertThat(run.err()).as(called.toString()).isEmpty();
            assertThat(run.out())
                    .contains(checkout.toRealPath()
                            .resolve("service/target/tramontane.jar")
                            .toString());
        }
    }

    @Test
    void givesJavaALocaleThatCanNameEveryFile() throws Exception {
        Path launcher = checkout.resolve("tramontane");
        List<String> sh = List.of("/bin/sh");
        assertThat(run(sh, launcher, withJdk()).out()).contains("locale=C.UTF-8");
        for (Map.Entry<String, String> set :
                Map.of("LANG", "C", "LC_CTYPE", "POSIX").entrySet()) {
            Map<String, String> poor = Map.of("TRAMONTANE_JAVA_HOME", jdk.toString(), set.getKey(), set.getValue());
            assertThat(run(sh, launcher, poor).out()).contains("locale=C.UTF-8");
        }
        Map<String, String> own = Map.of("TRAMONTANE_JAVA_HOME", jdk.toString(), "LC_ALL", "fr_FR.UTF-8");
        assertThat(run(sh, launcher, own).out()).contains("locale=fr_FR.UTF-8");
    }

    @Test
    void helpKnowsTheLaunchersOwnCommands() throws Exception {
        List<String> sh = List.of("/bin/sh");
        Path launcher = checkout.resolve("tramontane");
        Run test = run(sh, launcher, withJdk(), "help", "test");
        assertThat(test.status()).isZero();
        assertThat(test.out())
                .contains("Usage: ./tramontane test")
                .isEqualTo(run(sh, launcher, withJdk(), "test", "--help").out());
        assertThat(run(sh, launcher, withJdk(), "help", "serve").out()).contains("help\nserve\n");
        assertThat(run(sh, launcher, withJdk(), "build", "--help").out()).contains("help\nbuild\n");
    }
}
