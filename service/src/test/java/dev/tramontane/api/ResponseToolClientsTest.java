package dev.tramontane.api;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Script;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients that call tools over responses, of a model that a script plays. {@code src/test/clients/install.sh DIR} installs them. */
@Tag("clients")
final class ResponseToolClientsTest {
    private static final Path SCRIPTS = Path.of("src/test/clients/tools");

    private static Script script() {
        return Script.mistral()
                .when("Brest?", "«[THINK]»Ask somebody.«[/THINK]»Let me see." + call("Brest"))
                .when("Nantes", call("Nantes"))
                .when("12 degrees", "It is cold, très froid.");
    }

    private static String call(String city) {
        return "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"" + city + "\"}";
    }

    private static String base(TestService service) {
        return "http://127.0.0.1:" + service.port + "/v1";
    }

    private static void python(String program) throws Exception {
        Path python = ClientProgram.clients("venv").resolve("venv/bin/python").toAbsolutePath();
        try (TestService service = TestService.playing(script(), MistralLayout.of(MistralVersion.V13))) {
            ClientProgram.run(python.toString(), SCRIPTS.resolve(program).toString(), base(service), TestService.MODEL);
        }
    }

    @Test
    void openAisPython() throws Exception {
        python("responses.py");
    }

    @Test
    void openAisAgents() throws Exception {
        python("agents_loop.py");
    }

    @Test
    void openAisJavaScript() throws Exception {
        Path clients = ClientProgram.clients("node_modules/openai");
        try (TestService service = TestService.playing(script(), MistralLayout.of(MistralVersion.V13))) {
            ClientProgram.run(
                    ClientProgram.program("node").toString(),
                    SCRIPTS.resolve("responses.mjs").toString(),
                    clients.toString(),
                    base(service),
                    TestService.MODEL);
        }
    }
}
