package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.JinjaLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.Script;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Other projects' clients calling tools and asking for answers of a form, of a model that a script plays: once in Mistral's
 * form, once in that of Qwen's template. {@code src/test/clients/install.sh DIR} installs them.
 */
@Tag("clients")
class ToolClientsTest {
    private static final Path SCRIPTS = Path.of("src/test/clients/tools").toAbsolutePath();

    private final List<TestService> services = List.of(
            TestService.playing(
                    Script.mistral()
                            .reads(
                                    SCRIPTS.resolve("lines.json"),
                                    (name, arguments) -> "«[TOOL_CALLS]»" + name + "«[ARGS]»" + arguments),
                    MistralLayout.of(MistralVersion.V13)),
            TestService.playing(
                    Script.chatMl()
                            .reads(
                                    SCRIPTS.resolve("lines.json"),
                                    (name, arguments) -> "<tool_call>\n{\"name\": \"" + name + "\", \"arguments\": "
                                            + arguments + "}\n</tool_call>"),
                    qwens()));

    private static ChatLayout qwens() {
        String template = Oracle.stream(Oracle.read("chat-templates").get("cases"))
                .filter(test -> test.get("name").asString().startsWith("qwen3: "))
                .findFirst()
                .orElseThrow()
                .get("template")
                .asString();
        return JinjaLayout.of(template, Map.of());
    }

    @AfterEach
    void close() {
        services.forEach(TestService::close);
    }

    @Test
    void openAisPythonLangChainLiteLlmAndPydanticAi() throws Exception {
        run(Needed.client("venv/bin/python").toString(), "frameworks.py");
    }

    /** Runs a script with the model's name and the servers' addresses. */
    private void run(String program, String script) throws Exception {
        ClientProgram.run(Stream.concat(
                        Stream.of(program, SCRIPTS.resolve(script).toString(), TestService.MODEL),
                        services.stream().map(service -> "http://127.0.0.1:" + service.port + "/v1"))
                .toArray(String[]::new));
        for (TestService service : services) {
            TestService.eventually().until(() -> service.engine.status().pagesUsed() == 0);
            assertThat(service.engine.status().pagesUsed()).isZero();
        }
    }
}
