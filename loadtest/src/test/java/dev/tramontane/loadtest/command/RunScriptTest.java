package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.FakeServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code run.sh} as people call it. What it does without {@code --url} is {@link ReadmeCommandsTest}'s. */
@Tag("slow")
@Timeout(300)
class RunScriptTest {
    @TempDir
    Path folder;

    private String run(int code, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("./tramontane", "loadtest"));
        command.addAll(List.of(words));
        return new Script(folder, "").run(code, command);
    }

    /** Each name against a server that is there; what the user says wins. */
    @Test
    void everyNamedLoadRuns() throws Exception {
        Path keys = folder.resolve("keys");
        Files.writeString(keys, "# polite first\npolite sk-1 1\nflood sk-2 2\n");
        try (FakeServer server = new FakeServer()) {
            String url = server.url;
            assertThat(run(0, "soak", "--url", url, "--requests", "12", "--rate", "20"))
                    .contains("Soak test", "no character missing");
            assertThat(run(0, "burst", "--url=" + url, "--requests", "32", "--rate", "640"))
                    .contains("Bursts of 16");
            assertThat(run(
                            0,
                            "sweep",
                            "--url",
                            url,
                            "--duration",
                            "1s",
                            "--from",
                            "60000",
                            "--slo",
                            "e2e=1h",
                            "--halvings",
                            "0",
                            "--requests",
                            "2"))
                    .contains("holds at 60000 requests/s");
            server.authorizations.clear();
            assertThat(run(0, "fair", "--url", url, "--keys", keys.toString(), "--duration", "2s"))
                    .contains("tenant polite", "tenant flood");
            assertThat(server.authorizations).contains("Bearer sk-1", "Bearer sk-2");
            assertThat(run(0, "compare", url, url, "--requests", "2", "--rate", "50"))
                    .contains("B/A");
            assertThat(run(0, "run", "--url", url, "--requests", "1", "--model", "named"))
                    .contains("Load test");
            assertThat(server.bodies.getLast().getString("model")).isEqualTo("named");
        }
        assertThat(run(2, "nonsense")).contains("there is no load called nonsense");
        assertThat(run(2, "fair", "--url", "http://127.0.0.1:1")).contains("needs --keys FILE");
        assertThat(run(0, "--help")).contains("Usage: ./tramontane loadtest WORD");
        assertThat(run(0, "run", "--help")).contains("--arrivals");
    }
}
