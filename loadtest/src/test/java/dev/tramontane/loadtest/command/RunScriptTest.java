package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.loadtest.FakeServer;
import io.vertx.core.json.JsonObject;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code run.sh} as people call it, but for the launcher: the service and the generator are those of this build. */
@Tag("slow")
@Timeout(300)
class RunScriptTest {
    private static final String QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

    @TempDir
    Path folder;

    private Path launcher = Path.of("");

    @BeforeEach
    void launch() throws Exception {
        launcher = folder.resolve("tramontane");
        Files.writeString(
                launcher,
                "#!/bin/sh\nexec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' --enable-native-access=ALL-UNNAMED -Xmx512m " + QUICK + " -cp '"
                        + System.getProperty("java.class.path")
                        + "' dev.tramontane.app.Main \"$@\"\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String run(int code, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "run.sh"));
        command.addAll(List.of(words));
        Path out = folder.resolve("out");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("TRAMONTANE_"));
        builder.environment().put("LOADTEST_TRAMONTANE", launcher.toString());
        builder.environment().put("LOADTEST_CLASSES", System.getProperty("java.class.path"));
        builder.environment().put("LOADTEST_REPORTS", folder.resolve("reports").toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("LOADTEST_JVM_FLAGS", QUICK); // A program that lives for seconds.
        builder.environment().put("TRAMONTANE_CHAT_LAYOUT", "mistral-v1");
        builder.environment().put("TRAMONTANE_MAX_BATCH", "4");
        Process process = builder.start();
        assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
        String said = Files.readString(out);
        assertThat(process.exitValue()).as(said).isEqualTo(code);
        return said;
    }

    /** Starts the service, loads it over each protocol, leaves reports, and ends the service. */
    @Test
    void smokeFromNothing() throws Exception {
        String model = Path.of("../service/src/test/resources/oracle/models/mistral-window-16")
                .toAbsolutePath()
                .normalize()
                .toString();
        String said = run(0, "smoke", "--model", model, "--prompt", "4", "--field", "skip_special_tokens=false");
        assertThat(said).contains("== chat", "== completions", "== responses", "== responses-sse");
        for (String api : List.of("chat", "completions", "responses", "responses-sse")) {
            Path reports = folder.resolve("reports");
            JsonObject json = new JsonObject(Files.readString(reports.resolve("smoke-" + api + ".json")));
            assertThat(json.getJsonObject("verification").getInteger("checked")).isEqualTo(4);
            assertThat(Files.readString(reports.resolve("smoke-" + api + ".html")))
                    .contains("Smoke test, " + api);
        }
        String log = Files.readString(folder.resolve("reports/service.log"));
        String port = log.replaceAll("(?s).* at http://127\\.0\\.0\\.1:(\\d+)\\s.*", "$1");
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port)).close())
                .as("a service that has ended")
                .isInstanceOf(ConnectException.class);
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
