package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.load.LoadedModel;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Other projects' clients against the service; docs/clients.md lists them. They are installed by {@code src/test/clients/install.sh DIR} and found
 * by {@code -Dtramontane.clients=DIR}.
 */
@Tag("clients")
class ClientsTest {
    private static final Path SCRIPTS = Path.of("src/test/clients").toAbsolutePath();

    @TempDir
    private Path logs;

    @Test
    void pythonCompletesChatsAndStreams() throws Exception {
        Path python = installed("venv/bin/python");
        assertThat(run(List.of(python.toString(), SCRIPTS.resolve("client.py").toString()), SCRIPTS))
                .contains("ok: chat streamed")
                .contains("ok: bad request");
    }

    @Test
    void javascriptCompletesChatsAndStreams() throws Exception {
        Path directory = installed("node_modules/openai").getParent().getParent();
        assertThat(run(List.of("node", SCRIPTS.resolve("client.mjs").toString()), directory))
                .contains("ok: chat streamed")
                .contains("ok: unknown model");
    }

    @Test
    void pythonSideBySide() throws Exception {
        Path python = installed("venv/bin/python");
        assertThat(run(List.of(python.toString(), SCRIPTS.resolve("asyncs.py").toString()), SCRIPTS))
                .contains("ok: side by side")
                .contains("ok: left")
                .contains("ok: fine-tuning");
    }

    @Test
    void mistralsPython() throws Exception {
        Path python = needs("mistralai");
        assertThat(run(List.of(python.toString(), SCRIPTS.resolve("mistral.py").toString()), SCRIPTS))
                .contains("ok: models")
                .contains("ok: chat streamed")
                .contains("ok: embeddings");
    }

    @Test
    void mistralsJavaScript() throws Exception {
        Path directory = installed("node_modules/@mistralai").getParent().getParent();
        assertThat(run(List.of("node", SCRIPTS.resolve("mistral.mjs").toString()), directory))
                .contains("ok: models")
                .contains("ok: chat streamed")
                .contains("ok: fim");
    }

    @Test
    void liteLlm() throws Exception {
        Path python = needs("litellm");
        assertThat(run(List.of(python.toString(), SCRIPTS.resolve("lite.py").toString()), SCRIPTS))
                .contains("ok: openai chat streamed")
                .contains("ok: hosted_vllm chat streamed")
                .contains("ok: bad request");
    }

    /** Python, with this package; skips the test where an older install.sh left it out. */
    private static Path needs(String module) throws IOException {
        Path python = installed("venv/bin/python");
        try (Stream<Path> packages = Files.walk(python.getParent().getParent().resolve("lib"), 3)) {
            assumeTrue(packages.anyMatch(path -> path.endsWith(module)), Needed.NO_CLIENTS);
        }
        return python;
    }

    private static Path installed(String what) {
        return Needed.client(what);
    }

    private String run(List<String> command, Path directory) throws IOException, InterruptedException {
        LoadedModel model = TinyModel.PLAIN.load(logs, Backend.REF);
        EngineConfig engine = EngineConfig.defaults(1024, 64 << 20);
        try (TestService service = TestService.on(model, engine, TestService.CONFIG)) {
            List<String> whole = new ArrayList<>(command);
            whole.add("http://127.0.0.1:" + service.port + "/v1");
            whole.add(TestService.MODEL);
            File output = logs.resolve("output").toFile();
            Process process = new ProcessBuilder(whole)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start();
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as("finished in time")
                    .isTrue();
            String said = Files.readString(output.toPath(), StandardCharsets.UTF_8);
            assertThat(process.exitValue()).as(said).isZero();
            // A client that leaves a stream frees it.
            TestService.eventually().until(() -> service.engine.status().pagesUsed() == 0);
            return said;
        }
    }
}
