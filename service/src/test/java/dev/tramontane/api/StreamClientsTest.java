package dev.tramontane.api;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.fixtures.ScriptedEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients of the field on streams with more keep-alives than words: before the first token, between tokens and before
 * the end. Installed by {@code src/test/clients/install.sh DIR} and found by {@code -Dtramontane.clients=DIR}.
 */
class StreamClientsTest {
    private static final String ANSWER = "Salut, 👩‍🚀!\n\ndata: [DONE]\n: ping";

    /** A step takes five heartbeats and more, so that every token is waited for. */
    private static final Duration HEARTBEAT = Duration.ofMillis(1);

    private static final long STEP_NANOS = 8_000_000;

    /** Runs a program with the service's address, the model and the answer after its own arguments. */
    static void run(List<String> program, String... more) throws Exception {
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        AtomicBoolean over = new AtomicBoolean();
        ApiConfig config = TestService.config(TransportLimits.DEFAULT, 64, HEARTBEAT);
        try (TestService service = TestService.stepped(engine, config)) {
            Thread stepper = Thread.ofPlatform().daemon().start(() -> {
                while (!over.get()) {
                    LockSupport.parkNanos(STEP_NANOS);
                    engine.step();
                }
            });
            try {
                List<String> command = new ArrayList<>(program);
                command.addAll(List.of("http://127.0.0.1:" + service.port, TestService.MODEL, ANSWER));
                command.addAll(List.of(more));
                ClientProgram.run(command.toArray(String[]::new));
            } finally {
                over.set(true);
                stepper.join();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "v3"})
    @Tag("clients")
    void openAisGo(String version) throws Exception {
        String program = "go/" + version + "/client";
        run(List.of(ClientProgram.clients(program).resolve(program).toString()));
    }

    @Test
    @Tag("clients")
    void openAisJava() throws Exception {
        Path jars = ClientProgram.clients("java").resolve("java");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        run(List.of(java, "-cp", jars + "/*", "src/test/clients/java/Stream.java"));
    }

    @Test
    @Tag("clients")
    void openAisPythonAndLangChain() throws Exception {
        Path python = ClientProgram.clients("venv").resolve("venv/bin/python").toAbsolutePath();
        run(List.of(python.toString(), "src/test/clients/stream.py"));
    }

    @Test
    @Tag("clients")
    void openAisJavaScriptAndEventSource() throws Exception {
        Path clients = ClientProgram.clients("node_modules/eventsource");
        run(List.of(ClientProgram.program("node").toString(), "src/test/clients/stream.mjs", clients.toString()));
    }

    @Test
    @Tag("browser")
    void aBrowsersEventSource() throws Exception {
        Path clients = ClientProgram.clients("node_modules/playwright-core");
        Path chromium = ClientProgram.program("chromium", "chromium-browser", "google-chrome");
        run(
                List.of(ClientProgram.program("node").toString(), "src/test/clients/stream.mjs", clients.toString()),
                chromium.toString());
    }
}
