package dev.tramontane.app;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.hub.HubServer;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ollama's own packages pull and delete, as they are. */
@Tag("clients")
class PulledModelsClientsTest {
    @TempDir
    private Path folder;

    @Test
    void python() throws Exception {
        String python = Needed.client("venv/bin/python").toString();
        run(python, "src/test/clients/ollama_pull.py");
    }

    @Test
    void javaScript() throws Exception {
        Path clients = ClientProgram.clients("node_modules/ollama");
        run(ClientProgram.program("node").toString(), "src/test/clients/ollama_pull.mjs", clients.toString());
    }

    private void run(String... program) throws Exception {
        try (HubServer registry = new HubServer();
                PullingServer server = new PullingServer(registry, folder, "--allow-pull", "100MiB")) {
            PullingServer.offer(registry, "tiny", 7);
            String[] whole = new String[program.length + 1];
            System.arraycopy(program, 0, whole, 0, program.length);
            whole[program.length] = server.server.address;
            ClientProgram.run(whole);
        }
    }
}
