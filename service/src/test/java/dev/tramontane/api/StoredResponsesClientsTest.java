package dev.tramontane.api;

import dev.tramontane.api.ws.ClientProgram;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * OpenAI's own clients on responses over HTTP, unchanged, with more keep-alives than words. Needs
 * {@code src/test/clients/install.sh}.
 */
@Tag("clients")
class StoredResponsesClientsTest {
    @Test
    void python() throws Exception {
        String python = ClientProgram.clients("venv")
                .resolve("venv/bin/python")
                .toAbsolutePath()
                .toString();
        StreamClientsTest.run(List.of(python, "src/test/clients/stored.py"));
    }

    @Test
    void javaScript() throws Exception {
        String clients = ClientProgram.clients("node_modules/openai").toString();
        String node = ClientProgram.program("node").toString();
        StreamClientsTest.run(List.of(node, "src/test/clients/stored.mjs", clients));
    }
}
