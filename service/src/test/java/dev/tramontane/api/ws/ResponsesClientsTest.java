package dev.tramontane.api.ws;

import dev.tramontane.fixtures.ScriptedEngine;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** OpenAI's own clients over the WebSocket, unchanged. Needs {@code src/test/clients/install.sh}. */
@Tag("clients")
class ResponsesClientsTest {
    private static final String ANSWER = "Salut, 👩‍🚀!";

    @Test
    void python() throws Exception {
        Path python = ClientProgram.clients("venv").resolve("venv/bin/python").toAbsolutePath();
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            ClientProgram.run(
                    python.toString(), "src/test/clients/responses.py", "http://127.0.0.1:" + served.port, ANSWER);
        }
    }

    @Test
    void javaScript() throws Exception {
        Path clients = ClientProgram.clients("node_modules/openai");
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            ClientProgram.run(
                    ClientProgram.program("node").toString(),
                    "src/test/clients/responses.mjs",
                    clients.toString(),
                    "http://127.0.0.1:" + served.port,
                    ANSWER);
        }
    }
}
