package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Needed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A script of {@code src/test/clients} that talks to a server of this JVM and checks what it gets. */
public final class ClientProgram {
    private static final int SECONDS = 240;

    private ClientProgram() {}

    /** Where {@code install.sh} put the clients; skips the test when this one is not there. */
    public static Path clients(String needed) {
        Needed.client(needed);
        return Needed.client("");
    }

    /** The first of these programs; skips the test when there is none. */
    public static Path program(String... names) {
        Optional<Path> found = Stream.of(names)
                .flatMap(name -> Stream.of(
                                System.getenv().getOrDefault("PATH", "").split(":"))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
        Needed.program(found.isPresent(), names[0]);
        return found.get();
    }

    /** Runs a script of {@code src/test/clients/page}: in headless Chromium, against the page at an address. */
    public static void inBrowser(String script, String address, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                program("node").toString(),
                "src/test/clients/page/" + script + ".mjs",
                clients("node_modules/playwright-core").toString(),
                program("chromium", "chromium-browser", "google-chrome").toString(),
                address));
        command.addAll(List.of(more));
        run(command.toArray(String[]::new));
    }

    /** Runs it; it must exit with 0 and end with "all held". */
    public static void run(String... command) throws Exception {
        Path log = Files.createTempFile("client", ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
            String output = Files.readString(log);
            assertThat(ended).as("the client ended in time:\n%s", output).isTrue();
            assertThat(output).endsWith("all held\n");
            assertThat(process.exitValue()).isZero();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.delete(log);
        }
    }
}
