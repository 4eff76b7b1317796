package dev.tramontane.api;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.Script;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ollama's and Hugging Face's own packages against the service, as they are. */
@Tag("clients")
class OllamaClientsTest {
    private static final EngineConfig ENGINE = EngineConfig.defaults(1024, 64 << 20);

    @TempDir
    private Path folder;

    @Test
    void python() throws Exception {
        run(python("ollama_client.py"));
    }

    @Test
    void huggingFacesPython() throws Exception {
        ClientsTest.needs("huggingface_hub");
        run(Needed.client("venv/bin/python").toString(), "src/test/clients/hf_client.py");
    }

    @Test
    void javaScript() throws Exception {
        Path clients = ClientProgram.clients("node_modules/ollama");
        run(ClientProgram.program("node").toString(), "src/test/clients/ollama_client.mjs", clients.toString());
    }

    @Test
    void pythonsTools() throws Exception {
        Script script = Script.mistral()
                .when("How is Brest?", "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}")
                .when("12 degrees in Brest", "It is cold.")
                .when("Legs?", "«[THINK]»A cat.«[/THINK]»Four.");
        String[] program = python("ollama_tools.py");
        try (TestService service = TestService.playing(script, MistralLayout.of(MistralVersion.V13))) {
            run(service, program);
        }
    }

    private static String[] python(String script) throws Exception {
        ClientsTest.needs("ollama");
        return new String[] {Needed.client("venv/bin/python").toString(), "src/test/clients/" + script};
    }

    private void run(String... program) throws Exception {
        try (TestService service =
                TestService.on(TinyModel.PLAIN.load(folder, Backend.REF), ENGINE, TestService.CONFIG)) {
            run(service, program);
        }
    }

    private static void run(TestService service, String... program) throws Exception {
        String[] whole = new String[program.length + 2];
        System.arraycopy(program, 0, whole, 0, program.length);
        whole[program.length] = "http://127.0.0.1:" + service.port;
        whole[program.length + 1] = TestService.MODEL;
        ClientProgram.run(whole);
        // A client that leaves a stream frees it.
        TestService.eventually().until(() -> service.engine.status().pagesUsed() == 0);
    }
}
