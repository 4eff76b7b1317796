package dev.tramontane.app;

import dev.tramontane.api.ws.ClientProgram;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page's view of the server, of one that shows its figures and of one that keeps them on a port of their own. */
@Tag("browser")
class ServerViewBrowserTest {
    @TempDir
    static Path dir;

    @Test
    void theServerIsSeenAlive() throws Exception {
        try (RunningService open = new RunningService(dir);
                RunningService closed = new RunningService(dir, "--management-port", "0")) {
            ClientProgram.inBrowser("figures", open.address + "/", closed.address + "/");
        }
    }
}
