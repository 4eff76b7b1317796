package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Needed;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
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
        Needed.program(there, file.getFileName().toString());
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

    private static final String DEBIAN =
            "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\nHOME_URL=\"https://x/\"\n";

    /** What the launcher itself calls. */
    private static final List<String> BASICS = List.of(
            "cat",
            "cut",
            "dirname",
            "find",
            "head",
            "id",
            "mkdir",
            "mktemp",
            "mv",
            "readlink",
            "sed",
            "tee",
            "tr",
            "uname");

    /**
     * A launcher that believes to be on another machine: where it looks for JDKs and for the system's name lies below a
     * folder of the test's, and the PATH has the basics and the tools given.
     */
    private Run onMachine(String shell, String release, List<String> tools, String... arguments) throws Exception {
        Path machine = Files.createTempDirectory(directory, "machine");
        Path launcher = checkout.resolve("tramontane");
        String text = Files.readString(LAUNCHER);
        String moved = text.replaceAll(
                        " (/usr/lib/jvm/|/usr/java/|/opt/|/Library/Java/|/usr/local/opt/)", " " + machine + "$1")
                .replace(" /etc/os-release", " " + machine + "/etc/os-release");
        assertThat(moved.length() - text.length())
                .as("places that were moved")
                .isEqualTo(8L * machine.toString().length());
        Files.writeString(launcher, moved);
        Files.createDirectories(machine.resolve("etc"));
        Files.writeString(machine.resolve("etc/os-release"), release);
        Path bin = Files.createDirectories(machine.resolve("bin"));
        for (String name : BASICS) {
            Path program = Stream.of("/usr/bin", "/bin")
                    .map(folder -> Path.of(folder, name))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow();
            script(bin.resolve(name), "exec " + program + " \"$@\"");
        }
        for (String tool : tools) {

            script(
                    bin.resolve(tool),
                    tool.equals("uname") ? "echo Darwin" : tool.equals("id") ? "echo 1000" : "exit 1");
        }
        return run(shell(shell), launcher, Map.of("PATH", bin.toString(), "HOME", machine.toString()), arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "dash", "busybox sh", "bash", "bash --posix", "ksh", "zsh", "yash"})
    void namesAllThatIsMissingInOneLine(String words) throws Exception {
        Files.delete(checkout.resolve("service/target/.tramontane-built"));
        Run run = onMachine(words, DEBIAN, List.of("id"), "serve");
        assertThat(run.err())
                .isEqualTo("tramontane: this machine lacks a JDK 25 or newer, a C++ compiler, make, CMake, Maven. Say:"
                        + " sudo apt-get install openjdk-25-jdk-headless g++ make cmake maven (Where your system"
                        + " has no JDK 25: adoptium.net, and TRAMONTANE_JAVA_HOME says where it is.)\n");
        assertThat(run.status()).isEqualTo(3);
        assertThat(run.out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ID=ubuntu;ID_LIKE=debian|sudo apt-get install g++ maven",
                "ID=linuxmint;ID_LIKE=\"ubuntu debian\"|sudo apt-get install g++ maven",
                "ID=fedora|sudo dnf install gcc-c++ maven",
                "ID=\"rocky\";ID_LIKE=\"rhel centos fedora\"|sudo dnf install gcc-c++ maven",
                "ID=alpine;VERSION_ID=3.23|sudo apk add g++ maven",
                "ID=void|",
                "|",
            })
    void knowsTheSystemsCommand(@Nullable String release, @Nullable String command) throws Exception {
        Files.delete(checkout.resolve("service/target/.tramontane-built"));
        String lines = release == null ? "" : release.replace(';', '\n') + "\n";
        Run run = onMachine("/bin/sh", lines, List.of("id", "cmake", "make"), "build");
        assertThat(run.err())
                .startsWith("tramontane: this machine lacks a JDK 25 or newer, a C++ compiler, Maven. ")
                .contains(command == null ? "Install it with your system's packages." : "Say: " + jdkToo(command))
                .hasLineCount(1);
        assertThat(run.status()).isEqualTo(3);
    }

    /** The same command with the system's JDK. */
    private static String jdkToo(String command) {
        return command.replace("apt-get install", "apt-get install openjdk-25-jdk-headless")
                .replace("dnf install", "dnf install java-25-openjdk-devel")
                .replace("apk add", "apk add openjdk25-jdk");
    }

    @Test
    void knowsThatAMacHasACompilerOfItsOwn() throws Exception {
        Files.delete(checkout.resolve("service/target/.tramontane-built"));
        List<String> bare = List.of("id", "uname", "c++", "make");
        assertThat(onMachine("/bin/sh", "", bare, "serve").err())
                .contains(
                        "lacks a JDK 25 or newer, a C++ compiler, CMake, Maven. Say: xcode-select --install, then brew"
                                + " install openjdk@25 cmake maven (");
        Run tools = onMachine("/bin/sh", "", List.of("id", "uname", "c++", "make", "cmake", "mvn"), "serve");
        assertThat(tools.err())
                .contains("lacks a JDK 25 or newer, a C++ compiler. Say: xcode-select --install, then brew install"
                        + " openjdk@25 (");
    }

    /** A shell that stops at the first command that fails would end before it had said which. */
    @ParameterizedTest
    @ValueSource(strings = {"/bin/sh", "dash", "busybox sh", "bash", "ksh", "zsh", "yash"})
    void saysThatMavenFailed(String words) throws Exception {
        for (String tool : List.of("c++", "make", "cmake")) {
            script(directory.resolve("bin").resolve(tool), "exit 0");
        }
        script(directory.resolve("bin/mvn"), "echo '[ERROR] a test failed'; exit 5");
        Path stages = Files.createDirectories(checkout.resolve(".ci")).resolve("stages");
        Files.copy(LAUNCHER.resolveSibling(".ci/stages"), stages);
        for (String module : List.of(
                "kernels-native", "service/jinja", "service", "k8s/simulation", "loadtest/faults", "loadtest")) {
            Files.createDirectories(checkout.resolve(module).resolve("src/test/java"));
        }
        Files.createFile(checkout.resolve("service/src/test/java/SomeTest.java"));
        Path launcher = checkout.resolve("tramontane");
        Map<String, String> environment =
                Map.of("TRAMONTANE_JAVA_HOME", jdk.toString(), "PATH", directory.resolve("bin") + ":/usr/bin:/bin");
        Run tested = run(shell(words), launcher, environment, "test", "SomeTest");
        assertThat(tested.status()).as(tested.err()).isEqualTo(1);
        assertThat(tested.err()).isEqualTo("""
                        tramontane: SomeTest matches:
                          java service SomeTest
                        [ERROR] a test failed
                        """);
        Files.delete(checkout.resolve("service/target/.tramontane-built"));
        Run built = run(shell(words), launcher, environment, "build");
        assertThat(built.status()).as(built.err()).isEqualTo(1);
        assertThat(built.err())
                .endsWith("the build failed; the whole log is in " + checkout.toRealPath()
                        + "/service/target/build.log\n");
    }

    /** What was built needs a JDK only. */
    @Test
    void asksForNoCompilerWhereNothingIsBuilt() throws Exception {
        assertThat(onMachine("/bin/sh", DEBIAN, List.of("id"), "doctor").err())
                .startsWith("tramontane: this machine lacks a JDK 25 or newer. Say: sudo apt-get install"
                        + " openjdk-25-jdk-headless (");
        assertThat(onMachine("/bin/sh", DEBIAN, List.of("id"), "test").err())
                .contains("lacks a JDK 25 or newer, a C++");
    }
}
