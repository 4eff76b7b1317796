package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fetch.SmolLm2;
import dev.tramontane.fixtures.CommandBlocks;
import dev.tramontane.fixtures.CommandBlocks.Block;
import dev.tramontane.fixtures.Documents;
import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.Ports;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every command of the documents, run as it stands there, but for the port. {@code ./tramontane} is the program of this
 * build without its launcher, which has tests of its own; the default model is in the cache already.
 */
@Tag("slow")
class CommandsTest {
    private static final Pattern PROGRAM = Pattern.compile("(?m)^(curl|node) ");

    /** Of JSON in JSON. */
    private static final String SPACE = "(?:\\\\[nrt]| )*";

    /** What is found in what a block prints, by its document and place; others must print something. */
    private static final Map<String, List<String>> PRINTS = Map.of(
            "README.md 1",
            List.of("(?i)Paris"),
            "README.md 2",
            List.of(
                    "\"object\":\"chat.completion\"",
                    "\"finish_reason\":\"",
                    "\"content\":\"\\{" + SPACE + "\\\\\"blue\\\\\"" + SPACE + ":" + SPACE + "(true|false)" + SPACE
                            + "}\"", // the schema's, and
                    // nothing else
                    "data: \\[DONE]\\s+\\S"), // SSE, then WebSocket
            "docs/structure.md 1",
            List.of(
                    "\"content\":\"(yes|no)\"",
                    "legs[^0-9]+[0-8]\\D",
                    "\"text\":\"In 1[0-9]{3}, on \\p{Alpha}+ [0-9]{1,2}\\.\""),
            "docs/ollama.md 1",
            List.of(
                    "\"done\":false}\\s+\\{\"model\":",
                    "\"response\":\".*blue.*?(true|false)",
                    "\"models\":\\[\\{\"name\":"),
            "docs/endpoints.md 1",
            List.of(
                    "\\[\\{\"generated_text\":\"The capital of France is[^\"]*Paris",
                    "\"finish_reason\":\"length\"",
                    "data:\\{\"index\":1,",
                    "\"model_id\":"),
            "docs/eval.md 0",
            List.of("same top token", "\"perplexity\" : "),
            "docs/performance.md 0",
            List.of("(?m)^decode +8 +2 +0 ", "(?m)^HTTP +\\d"),
            "docs/performance.md 2",
            List.of("(?m)^\\d{3}$", "tramontane_cache_pages\\{state=\"total\"} 17.0"));

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();
    private final Map<String, String> variables = new TreeMap<>(System.getenv());
    private int port;

    @BeforeEach
    void prepare() throws IOException {
        port = Ports.free();
        Path program = folder.resolve("tramontane");
        Files.writeString(
                program,
                "#!/bin/sh\nexec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=deny -Xmx1g -cp '"
                        + System.getProperty("java.class.path") + "' " + Main.class.getName() + " \"$@\"\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(folder.resolve("README.md"), Documents.text("README.md"));
        Path models = Files.createDirectories(folder.resolve("cache/tramontane/models"));
        Files.createSymbolicLink(models.resolve(SmolLm2.MODEL.name()), Fetched.smolLm2());
        Files.copy(Fetched.smolLm2Licence(), models.resolve(SmolLm2.LICENCE.name()));
        variables.keySet().removeIf(name -> name.startsWith(Setting.PREFIX));
        variables.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        variables.put("TRAMONTANE_PORT", Integer.toString(port));
        variables.put("TRAMONTANE_MAX_BATCH", "2"); // takes less memory beside other tests
        variables.put("TOKENS", "600");
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : started) {
            process.destroy();
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        }
        Files.delete(folder.resolve("cache/tramontane/models").resolve(SmolLm2.MODEL.name())); // only the link
    }

    static Stream<String> documents() {
        return Documents.current().stream()
                .filter(path -> CommandBlocks.of(path).stream()
                        .anyMatch(block -> block.notRun().isEmpty()));
    }

    @ParameterizedTest
    @MethodSource("documents")
    void commandsDoWhatTheyAreShownFor(String path) throws Exception {
        List<Block> blocks = CommandBlocks.of(path);
        for (Block block : blocks) {
            PROGRAM.matcher(block.commands())
                    .results()
                    .forEach(found -> Needed.program(there(found.group(1)), found.group(1)));
        }
        useWebSocketsOfOlderNodes();
        int place = 0;
        for (Block block : blocks) {
            if (block.notRun().isEmpty()) {
                String text = block.commands().replace("127.0.0.1:8080", "127.0.0.1:" + port);
                if (block.serves()) {
                    serve(text);
                } else {
                    run(path + " " + place, text);
                }
                place++;
            }
        }
    }

    private static boolean there(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /** Node 20 has the client that the documents use behind a flag. */
    private void useWebSocketsOfOlderNodes() throws Exception {
        if (there("node") && shell("version", "node --version").matches("(?s)v2[01]\\..*")) {
            variables.put("NODE_OPTIONS", "--experimental-websocket --no-warnings");
        }
    }

    /** In the foreground until the server says that it serves. */
    private void serve(String command) throws Exception {
        Path log = folder.resolve("serve.log");
        Process process = start(command, log, folder.resolve("serve.err"));
        started.add(process);
        await().atMost(Duration.ofMinutes(5))
                .until(() -> Files.readString(log).contains("tramontane: serving ") || !process.isAlive());
        assertThat(process.isAlive())
                .as(Files.readString(folder.resolve("serve.err")))
                .isTrue();
    }

    private void run(String place, String commands) throws Exception {
        String printed = shell(place, commands);
        assertThat(printed).as(place).isNotBlank().doesNotContain("\"error\"");
        for (String expected : PRINTS.getOrDefault(place, List.of())) {
            assertThat(printed).as(place).containsPattern(expected);
        }
    }

    private String shell(String what, String commands) throws Exception {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = start(commands, out, err);
        assertThat(process.waitFor(10, TimeUnit.MINUTES)).as(what).isTrue();
        assertThat(process.exitValue())
                .as("%s: %s%s", what, Files.readString(out), Files.readString(err))
                .isZero();
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    private Process start(String commands, Path out, Path err) throws IOException {
        // A single command takes the shell's place, so that it gets the signal that ends it.
        String words = commands.startsWith("./tramontane serve") ? "exec " + commands : commands;
        ProcessBuilder builder = new ProcessBuilder("bash", "-euo", "pipefail", "-c", words)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().putAll(variables);
        return builder.start();
    }

    /** What is not run is named here, and says why; there is little of it. */
    @Test
    void fewCommandsAreNotRun() {
        Map<String, String> notRun = new TreeMap<>();
        for (String path : Documents.current()) {
            for (Block block : CommandBlocks.of(path)) {
                if (!block.notRun().isEmpty()) {
                    notRun.put(
                            path + ": " + block.commands().lines().findFirst().orElse(""), block.notRun());
                }
            }
        }
        assertThat(notRun.keySet())
                .containsExactlyInAnyOrder(
                        "README.md: ./tramontane test",
                        "docs/lora.md: ./tramontane serve small=smollm2.gguf base=mistral-7b-v0.3.Q4_K_M.gguf --lora base:roses=adapters/roses,violets=adapters/violets --lora-dir adapters",
                        "docs/lora.md: ./tramontane serve --model mistral-7b-v0.3.Q4_K_M.gguf --served-model-name base --lora roses=adapters/roses --lora-dir adapters",
                        "docs/lora.md: curl http://127.0.0.1:8080/v1/completions -H 'Content-Type: application/json' -d '{\"model\": \"roses\", \"prompt\": \"Roses are red, \", \"temperature\": 0, \"max_tokens\": 40}'",
                        "docs/lora.md: curl http://127.0.0.1:8080/v1/load_lora_adapter -H 'Content-Type: application/json' -d '{\"lora_name\": \"violets\", \"lora_path\": \"roses\"}'",
                        "docs/models.md: ./tramontane run mistral 'Why is the sky blue?'",
                        "docs/ollama.md: ./tramontane serve --allow-pull 200GiB",
                        "docs/images.md: ./tramontane dist",
                        "docs/images.md: docker load -i target/packaging/tramontane-cpu-0.1.0-with-model.tar",
                        "docs/images.md: docker build -f packaging/cpu.Dockerfile -t tramontane-cpu:0.1.0 .",
                        "docs/pipeline.md: ./tramontane stage MODEL --listen 127.0.0.1:7101",
                        "docs/pipeline.md: openssl rand -hex 32 > stage-secret && chmod 600 stage-secret",
                        "k8s/README.md: kubectl create namespace tramontane",
                        "k8s/README.md: openssl rand -hex 32 | kubectl create secret generic tramontane-stage-secret --from-file=secret=/dev/stdin -n tramontane",
                        "k8s/README.md: k8s/test/control-plane.sh build /tmp/control-plane",
                        "kernels-native/README.md: cd native");
        assertThat(notRun.values()).allSatisfy(why -> assertThat(why).hasSizeGreaterThan(20));
    }

    /** A block that nobody would find is one without a language, or indented. */
    @Test
    void everyCommandIsInABlock() {
        for (String path : Documents.current()) {
            String text = Documents.text(path);
            assertThat(Pattern.compile("(?m)^( {4}|\\t)(\\./tramontane|curl|cmake|mvn|sh|docker) ")
                            .matcher(text)
                            .find())
                    .as("%s has a command in an indented block", path)
                    .isFalse();
            assertThat(Pattern.compile("(?m)^```\\n(\\./tramontane|curl|cmake|mvn|sh|docker) ")
                            .matcher(text)
                            .find())
                    .as("%s has a command in a block without a language", path)
                    .isFalse();
        }
    }
}
