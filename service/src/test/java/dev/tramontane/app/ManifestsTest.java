package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The manifests of k8s/, rendered by Kustomize and checked by k8s/test/check.py: against the API's schemas, against each other, and against a
 * service that runs. Its tests plant a fault for each check.
 */
@Tag("clients")
class ManifestsTest {
    private static final Pattern ADDRESS = Pattern.compile("management at (http://\\S+?)/?\\R");
    private static final Path SCRIPTS = Path.of("../k8s/test").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    @Test
    void areWhatTheApiAndTheServiceKnow() throws Exception {
        Path python = python();
        Needed.program(there("kustomize") || there("kubectl"), "kustomize or kubectl");
        CapturedProgram program = new CapturedProgram();
        String model = TinyModel.PLAIN.writeTo(folder).toString();
        CompletableFuture<Outcome> running = CompletableFuture.supplyAsync(
                () -> program.run("serve", "--model", model, "--port", "0", "--management-port", "0", "--threads", "1"),
                command -> Thread.ofPlatform().daemon().start(command));
        await().until(() -> running.isDone() || ADDRESS.matcher(program.shown()).find());
        Matcher address = ADDRESS.matcher(program.shown());
        assertThat(address.find()).as("started: %s", running).isTrue();
        run(python, "check.py", "--management", address.group(1));
        run(python, "check_test.py", "--management", address.group(1));
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    /** The script of the job that fills the model volume. */
    @Test
    void aModelIsFetchedWholeOrNotAtAll() throws Exception {
        run(python(), "fetch_test.py");
    }

    /** What the autoscalers ask Prometheus for, over series like the service's. */
    @Test
    void autoscalersAskForWhatIsMeant() throws Exception {
        Path python = python();
        Needed.program(there("promtool"), "promtool");
        run(python, "queries_test.py");
    }

    private static Path python() throws IOException {
        Path python = Needed.client("venv/bin/python");
        try (Stream<Path> packages = Files.walk(Needed.client("venv/lib"), 3)) {
            assumeTrue(packages.anyMatch(path -> path.endsWith("kubernetes_validate")), Needed.NO_CLIENTS);
        }
        return python;
    }

    /** Where install.sh puts Kustomize, then the user's path. */
    private static String path() {
        return Path.of(System.getProperty("tramontane.clients", "../target/clients"), "bin")
                        .toAbsolutePath()
                        .normalize()
                + ":" + System.getenv().getOrDefault("PATH", "");
    }

    private static boolean there(String program) {
        return Stream.of(path().split(":", -1)).anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }

    private void run(Path python, String script, String... arguments) throws Exception {
        Path said = folder.resolve(script + ".log");
        ProcessBuilder builder = new ProcessBuilder(
                        Stream.concat(Stream.of(python.toString(), "-B", script), Stream.of(arguments))
                                .toList())
                .directory(SCRIPTS.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        builder.environment().put("PATH", path());
        Process process = builder.start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).as(script).isTrue();
        assertThat(process.exitValue())
                .as("%s %s says:\n%s", script, List.of(arguments), Files.readString(said))
                .isZero();
    }
}
