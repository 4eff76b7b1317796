package dev.tramontane.api;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.JinjaLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.Script;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
        ClientsTest.needs("pydantic_ai");
        run(Needed.client("venv/bin/python").toString(), SCRIPTS + "/frameworks.py");
    }

    @Test
    void openAisJavaScript() throws Exception {
        Path clients = ClientProgram.clients("node_modules/zod");
        run(ClientProgram.program("node").toString(), SCRIPTS + "/openai.mjs", clients.toString());
    }

    @Test
    void instructor() throws Exception {
        run(Needed.client("instructor/bin/python").toString(), SCRIPTS + "/instruct.py");
    }

    @Test
    void gptScript() throws Exception {
        run(Needed.client("gptscript/client").toString(), TestService.MODEL, "src/test/clients/gptscript/tools.gpt");
    }

    /** Runs a program with the model's name, where it is not among the arguments, and the servers' addresses. */
    private void run(String... program) throws Exception {
        List<String> command = new ArrayList<>(List.of(program));
        if (!command.contains(TestService.MODEL)) {
            command.add(TestService.MODEL);
        }
        services.forEach(service -> command.add("http://127.0.0.1:" + service.port + "/v1"));
        ClientProgram.run(command.toArray(String[]::new));
        for (TestService service : services) {
            TestService.eventually().until(() -> service.engine.status().pagesUsed() == 0);
        }
    }
}
