package dev.tramontane.app;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.TinyModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's and Ollama's Python packages, as they are, where models come and go. */
@Tag("clients")
class SeveralModelsClientsTest {
    @TempDir
    private Path dir;

    @Test
    void python() throws Exception {
        String python = Needed.client("venv/bin/python").toString();
        try (SeveralModels server = new SeveralModels(
                "a=" + TinyModel.PLAIN.writeTo(dir),
                "b=" + TinyModel.PLAIN.withSeed(2).writeTo(dir))) {
            ClientProgram.run(python, "src/test/clients/several_models.py", server.address);
        }
    }
}
