package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.chat.ReasoningPrompt;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.fixtures.Script;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.source.ModelSource;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
    private static final String PYTHON = "venv/bin/python";
    private static final EngineConfig ENGINE = EngineConfig.defaults(1024, 64 << 20);

    @TempDir
    private Path logs;

    @Test
    void pythonCompletesChatsAndStreams() throws Exception {
        assertThat(python("client.py")).contains("ok: chat streamed").contains("ok: bad request");
    }

    @Test
    void javascriptCompletesChatsAndStreams() throws Exception {
        assertThat(node("openai", "client.mjs")).contains("ok: chat streamed").contains("ok: unknown model");
    }

    @Test
    void pythonParsesAnswersOfAForm() throws Exception {
        assertThat(python("structured.py"))
                .contains("ok: chat parsed")
                .contains("ok: response parsed")
                .contains("ok: cut")
                .contains("ok: vllm's extras");
    }

    @Test
    void javascriptParsesAnswersOfAForm() throws Exception {
        assertThat(node("openai", "structured.mjs")).contains("ok: chat parsed").contains("ok: response parsed");
    }

    @Test
    void pythonSideBySide() throws Exception {
        assertThat(python("asyncs.py"))
                .contains("ok: side by side")
                .contains("ok: left")
                .contains("ok: fine-tuning");
    }

    @Test
    void mistralsPython() throws Exception {
        needs("mistralai");
        assertThat(python("mistral.py"))
                .contains("ok: models")
                .contains("ok: chat streamed")
                .contains("ok: embeddings");
    }

    @Test
    void mistralsPythonReadsThoughts() throws Exception {
        needs("mistralai");
        Script script = Script.mistral()
                .when("How many legs?", "«[THINK]»A cat, so four.«[/THINK]»Four.")
                .when("Sure?", "«[THINK]»Hm.«[/THINK]»Yes.")
                .when("How is Brest?", "«[THINK]»I look.«[/THINK]»«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}")
                .when("12 degrees", "It is cold.")
                .when("A pet.", "{\"name\": \"Tom\", \"legs\": 4}");
        ChatLayout layout =
                ReasoningPrompt.of(MistralLayout.of(MistralVersion.V13), "Think:[THINK]so[/THINK]then answer.");
        try (TestService service = TestService.playing(script, layout)) {
            assertThat(run(
                            service,
                            installed(PYTHON).toString(),
                            SCRIPTS,
                            script("mistral_reasoning.py"),
                            base(service),
                            TestService.MODEL))
                    .contains("ok: streamed")
                    .contains("ok: sent back")
                    .contains("ok: told")
                    .contains("ok: parsed");
        }
    }

    @Test
    void mistralsJavaScript() throws Exception {
        assertThat(node("@mistralai", "mistral.mjs"))
                .contains("ok: models")
                .contains("ok: chat streamed")
                .contains("ok: fim");
    }

    @Test
    void mistralsPythonFillsGaps() throws Exception {
        needs("mistralai");
        try (TestService service = TestService.on(withGaps(), ENGINE, TestService.CONFIG)) {
            assertThat(run(
                            service,
                            installed(PYTHON).toString(),
                            SCRIPTS,
                            script("mistral.py"),
                            base(service),
                            TestService.MODEL,
                            "gaps"))
                    .contains("ok: gap filled")
                    .contains("ok: gap streamed");
        }
    }

    @Test
    void mistralsJavaScriptFillsGaps() throws Exception {
        Path directory = installed("node_modules/@mistralai").getParent().getParent();
        try (TestService service = TestService.on(withGaps(), ENGINE, TestService.CONFIG)) {
            assertThat(run(service, "node", directory, script("mistral.mjs"), base(service), TestService.MODEL, "gaps"))
                    .contains("ok: gap filled")
                    .contains("ok: gap streamed");
        }
    }

    /** Tasks of choices, of going on and of chats; log-likelihoods and texts as transformers has them. */
    @Test
    void lmEval() throws Exception {
        String python = installed("lm-eval/bin/python").toString();
        OracleModels.Sample sample = OracleModels.named("llama-tied");
        LoadedModel model = LoadedModel.load(
                Kernels.library(), ModelSource.open(sample.path()), LoadOptions.on(Backend.REF), (done, total) -> {});
        EngineConfig engine = new EngineConfig(
                new EngineConfig.Step(8, 64, 32),
                new EngineConfig.Cache(16, CacheType.F32, 16 << 20),
                new EngineConfig.Admission(16, model.geometry().contextLength(), 1, 64, 1 << 20));
        Path tasks = SCRIPTS.resolve("lm");
        Files.copy(tasks.resolve("docs.jsonl"), logs.resolve("docs.jsonl"));
        try (TestService service = TestService.on(model, engine, TestService.CONFIG)) {
            assertThat(run(
                            service,
                            python,
                            logs,
                            tasks.resolve("run.py").toString(),
                            base(service),
                            TestService.MODEL,
                            sample.path().toString(),
                            sample.path().resolve("../../loglikelihoods.json").toString()))
                    .contains("ok: local-completions small_choices")
                    .contains("ok: log-likelihoods")
                    .contains("ok: local-completions small_going_on")
                    .contains("ok: local-chat-completions small_going_on");
        }
    }

    /** A model whose vocabulary has tokens for gaps. */
    private LoadedModel withGaps() throws IOException {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        parts.putAll(TinyVocabulary.mistralParts("[SUFFIX]", "[PREFIX]"));
        Path file = TinyModel.assemble(parts).writeTo(logs.resolve("gaps.gguf"));
        return LoadedModel.load(
                Kernels.library(), ModelSource.open(file), LoadOptions.on(Backend.REF), (done, total) -> {});
    }

    /** Skips the test where an older install.sh left this package out. */
    static void needs(String module) throws IOException {
        Path python = installed(PYTHON);
        try (Stream<Path> packages = Files.walk(python.getParent().getParent().resolve("lib"), 3)) {
            assumeTrue(packages.anyMatch(path -> path.endsWith(module)), Needed.NO_CLIENTS);
        }
    }

    private static Path installed(String what) {
        return Needed.client(what);
    }

    private static String script(String name) {
        return SCRIPTS.resolve(name).toString();
    }

    private static String base(TestService service) {
        return "http://127.0.0.1:" + service.port + "/v1";
    }

    private String python(String script) throws IOException, InterruptedException {
        return run(installed(PYTHON).toString(), SCRIPTS, script(script));
    }

    private String node(String module, String script) throws IOException, InterruptedException {
        Path directory = installed("node_modules/" + module).getParent().getParent();
        return run("node", directory, script(script));
    }

    private String run(String program, Path directory, String script) throws IOException, InterruptedException {
        LoadedModel model = TinyModel.PLAIN.load(logs, Backend.REF);
        try (TestService service = TestService.on(model, ENGINE, TestService.CONFIG)) {
            return run(service, program, directory, script, base(service), TestService.MODEL);
        }
    }

    /** What a client that ended well has said. */
    private String run(TestService service, String program, Path directory, String... arguments)
            throws IOException, InterruptedException {
        List<String> whole = new ArrayList<>(List.of(program));
        whole.addAll(List.of(arguments));
        File output = logs.resolve("output").toFile();
        Process process = new ProcessBuilder(whole)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("finished in time").isTrue();
        String said = Files.readString(output.toPath(), StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as(said).isZero();
        // A client that leaves a stream frees it.
        TestService.eventually().until(() -> service.engine.status().pagesUsed() == 0);
        return said;
    }
}
