package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command of the module's page, run as it stands there, but for the port, and for prompts that the tests' own model has
 * room for.
 */
@Tag("slow")
@Timeout(300)
class ReadmeCommandsTest {
    /** A comment before a block keeps it from being run, and says why. */
    private static final Pattern BLOCK = Pattern.compile("(?m)(?:^<!-- not run: (.+) -->\\n)?^```sh\\n((?s:.*?))^```$");

    private static final String SMALL = "--prompt 4 --field skip_special_tokens=false";

    /** What is found in what a block that is run prints, in the page's order. */
    private static final List<List<String>> PRINTS = List.of(
            List.of("== chat", "== completions", "== responses", "== responses-sse", "no character missing"),
            List.of("20 finished", "first token", "no character missing"),
            List.of("[1-9]\\d* cut on purpose, 0 ended otherwise", "none lost, none doubled", "no character missing"));

    @TempDir
    Path folder;

    private static Stream<MatchResult> blocks() throws IOException {
        return BLOCK.matcher(Files.readString(Path.of("README.md"))).results();
    }

    @Test
    void commandsDoWhatTheyAreShownFor() throws Exception {
        Script script = new Script(folder, SMALL);
        List<String> run = blocks().filter(block -> block.group(1) == null)
                .map(block -> block.group(2))
                .toList();
        assertThat(run).hasSameSizeAs(PRINTS);
        try (ServiceProcess service = ServiceProcess.start(folder, "--max-batch", "4", "--chat-layout", "mistral-v1")) {
            for (int place = 0; place < run.size(); place++) {
                String commands = run.get(place).replace("http://127.0.0.1:8080", service.url);
                String said = script.run(0, List.of("sh", "-euc", commands));
                for (String expected : PRINTS.get(place)) {
                    assertThat(said).as("block %d", place).containsPattern(expected);
                }
            }
        }
        assertThat(folder.resolve("report.html")).content().contains("<svg");
        assertThat(folder.resolve("report.json")).content().contains("\"format\"");
        smokeLeavesReportsAndNoService(script.reports());
    }

    private static void smokeLeavesReportsAndNoService(Path reports) throws IOException {
        for (String api : List.of("chat", "completions", "responses", "responses-sse")) {
            JsonObject json = new JsonObject(Files.readString(reports.resolve("smoke-" + api + ".json")));
            assertThat(json.getJsonObject("verification").getInteger("checked")).isEqualTo(4);
            assertThat(Files.readString(reports.resolve("smoke-" + api + ".html")))
                    .contains("Smoke test, " + api);
        }
        String log = Files.readString(reports.resolve("service.log"));
        String port = log.replaceAll("(?s).* at http://127\\.0\\.0\\.1:(\\d+)\\s.*", "$1");
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port)).close())
                .as("a service that has ended")
                .isInstanceOf(ConnectException.class);
    }

    /** What is not run is named here, and says why; there is little of it. */
    @Test
    void fewCommandsAreNotRun() throws IOException {
        Map<String, String> notRun = new TreeMap<>();
        blocks().filter(block -> block.group(1) != null)
                .forEach(block -> notRun.put(block.group(2).lines().findFirst().orElse(""), block.group(1)));
        assertThat(notRun.keySet())
                .containsExactlyInAnyOrder(
                        "./tramontane loadtest burst --html report.html",
                        "./tramontane loadtest proxy --url http://127.0.0.1:8080 --port 9090 --delay 200ms --bytes-per-second 2000",
                        "./tramontane key polite --append hashes >polite.txt",
                        "loadtest/gatling/run.sh http://127.0.0.1:8080 30 2");
        assertThat(notRun.values()).allSatisfy(why -> assertThat(why).hasSizeGreaterThan(20));
    }
}
