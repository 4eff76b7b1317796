package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Chats of a model with a layout of Mistral's: what they become, and what is refused, in words for clients. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MistralRequestsTest {
    private static final String ASKED = "{\"role\": \"user\", \"content\": \"a\"}";

    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.mistral(MistralVersion.V3, "answer");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    record Case(String messages, String more, String message) {}

    private static Case bad(String messages, String message) {
        return new Case("[" + messages + "]", "", message);
    }

    private static String call(String id, String name) {
        return "{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"" + id
                + "\", \"type\": \"function\", \"function\":" + " {\"name\": \"" + name + "\", \"arguments\": \"\"}}]}";
    }

    private static String result(String id) {
        return "{\"role\": \"tool\", \"tool_call_id\": \"" + id + "\", \"content\": \"1\"}";
    }

    private static String said(String role) {
        return "{\"role\": \"" + role + "\", \"content\": \"x\"}";
    }

    static List<Case> bad() {
        return List.of(
                bad(said("assistant"), "A conversation must start with a message of the user or the system"),
                bad(result("abcDEF123"), "A conversation must start with a message of the user or the system"),
                bad(ASKED + "," + said("assistant"), "The last message must be the user's or a tool's"),
                bad(
                        ASKED + "," + result("abcDEF123"),
                        "messages[1]: a message of a tool cannot follow one of the user."),
                bad(
                        ASKED + "," + said("assistant") + "," + said("system"),
                        "messages[2]: a message of the system cannot follow one of the assistant."),
                bad(
                        ASKED + "," + call("abcDEF123", "f") + "," + result("abcDEF123") + "," + said("developer"),
                        "messages[3]: a message of the system cannot follow one of a tool."),
                bad(ASKED + "," + call("abcDEF123", "f") + "," + ASKED, "1 missing at the end of the conversation."),
                bad(
                        ASKED + "," + call("abcDEF123", "f") + "," + ASKED + "," + said("assistant") + "," + ASKED,
                        "1 missing before messages[3]."),
                bad(
                        ASKED + "," + call("abcDEF123", "f") + "," + result("abcDEF123") + "," + result("abcDEF123"),
                        "1 too many at the end of the conversation."),
                bad(
                        ASKED + "," + call("call_1", "f") + "," + result("call_1"),
                        "messages[1].tool_calls[0].id must be 9 letters or digits (a-z, A-Z, 0-9) for this model, got"
                                + " \"call_1\"."),
                bad(
                        ASKED + "," + call("abcDEF123", "f") + "," + result("abcDEF12é"),
                        "messages[2].tool_call_id must be 9 letters or digits"),
                bad(
                        ASKED + "," + call("abcDEF123", "a b") + "," + result("abcDEF123"),
                        "messages[1].tool_calls[0].function.name must be 1 to 64 letters, digits, _ or -"),
                bad(
                        ASKED + "," + call("abcDEF123", "x".repeat(5000)) + "," + result("abcDEF123"),
                        "messages[1].tool_calls[0].function.name must be 1 to 64 letters, digits, _ or -, got \""
                                + "x".repeat(40) + "…\""),
                bad(
                        ASKED + "," + call("abcDEF123", "f")
                                + ",{\"role\": \"tool\", \"name\": \"a.b\", \"tool_call_id\": \"abcDEF123\", \"content\": \"\"}",
                        "messages[2].name must be 1 to 64 letters"),
                bad(
                        ASKED + ",{\"role\": \"assistant\", \"content\": \"\"}," + ASKED,
                        "messages[1]: an assistant's message must have either content or tool_calls, not both."),
                bad(
                        ASKED + "," + call("abcDEF123", "f").replace("{\"role\"", "{\"content\": \"x\", \"role\"") + ","
                                + result("abcDEF123"),
                        "messages[1]: an assistant's message must have either content or tool_calls, not both."),
                new Case(
                        "[" + ASKED + "]",
                        ", \"tools\": [{\"function\": {\"name\": \"a.b\"}}]",
                        "tools[0].function.name must be 1 to 64 letters, digits, _ or -, got \"a.b\""),
                new Case(
                        "[" + said("assistant") + "]",
                        ", \"continue_final_message\": true",
                        "A conversation must start with a message of the user or the system"),
                new Case(
                        "[" + ASKED + ", {\"role\": \"assistant\", \"content\": \"\"}]",
                        ", \"continue_final_message\": true",
                        "must have either content or tool_calls"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void isRefused(Case wrong) {
        for (String route : List.of("/v1/chat/completions", "/tokenize")) {
            TestService.Reply answer = service.post(route, "{\"messages\": " + wrong.messages() + wrong.more() + "}");
            assertThat(answer.status()).as(answer.body()).isEqualTo(400);
            String param = answer.error().getString("param");
            assertThat(param.equals("messages") || wrong.message().startsWith(param + " "))
                    .as(param)
                    .isTrue();
            assertThat(answer.error().getString("message"))
                    .contains(wrong.message())
                    .hasSizeLessThan(400);
        }
        assertThat(((ScriptedEngine) service.engine).runs).isEmpty();
    }

    private String spelled(String messages, String more) {
        TestService.Reply reply = service.post(
                "/tokenize", "{\"messages\": [" + messages + "]" + more + ", \"return_token_strs\": true}");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        JsonArray tokens = reply.json().getJsonArray("token_strs");
        return tokens.stream()
                .map(String::valueOf)
                .collect(Collectors.joining())
                .replace('Ġ', ' ');
    }

    @Test
    void becomesControlTokensAndTexts() {
        assertThat(spelled(said("system") + "," + ASKED, "")).isEqualTo("<s>[INST]xĊĊa[/INST]");
        assertThat(spelled(ASKED + ",{\"role\": \"assistant\", \"content\": \"One, \", \"prefix\": true}", ""))
                .isEqualTo("<s>[INST]a[/INST]One,");
        assertThat(spelled(
                        ASKED + "," + call("abcDEF123", "f") + "," + result("abcDEF123"),
                        ", \"tools\": [{\"function\": {\"name\": \"f\", \"parameters\": {\"type\": \"object\"}}}]"))
                .isEqualTo(
                        "<s>[AVAILABLE_TOOLS][{\"type\": \"function\", \"function\": {\"name\": \"f\", \"description\":"
                                + " \"\", \"parameters\": {\"type\": \"object\"}}}][/AVAILABLE_TOOLS][INST]a[/INST][TOOL_CALLS]"
                                + "[{\"name\": \"f\", \"arguments\": {}, \"id\": \"abcDEF123\"}]</s>"
                                + "[TOOL_RESULTS]{\"content\": 1, \"call_id\": \"abcDEF123\"}[/TOOL_RESULTS]");
        assertThat(spelled(ASKED + "," + said("assistant"), ", \"add_generation_prompt\": false"))
                .isEqualTo("<s>[INST]a[/INST]x</s>");
        assertThat(spelled(
                        "{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"a\"}, {\"type\": \"text\","
                                + " \"text\": \"b\"}]}",
                        ""))
                .isEqualTo("<s>[INST]aĊĊb[/INST]");
    }
}
