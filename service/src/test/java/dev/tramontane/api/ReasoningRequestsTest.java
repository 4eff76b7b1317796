package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reasoning in requests: what asks for it, and thoughts in histories. */
final class ReasoningRequestsTest {
    private static final TestService SERVICE = TestService.of("fine");

    @AfterAll
    static void close() {
        SERVICE.close();
    }

    private static JsonObject chat(String messages, String more) {
        return new JsonObject("{\"messages\": " + messages + ", \"max_tokens\": 2" + more + "}");
    }

    @Test
    void whatIsAskedForReachesTheLayout() {
        TestService.Reply reply = SERVICE.chat(chat(
                "[{\"role\": \"user\", \"content\": \"a\"}]",
                ", \"reasoning_effort\": \"high\", \"prompt_mode\": \"reasoning\","
                        + " \"chat_template_kwargs\": {\"enable_thinking\": true, \"reasoning_effort\": \"high\"}"));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(SERVICE.layout.last.variables())
                .isEqualTo(Map.of("reasoning_effort", "high", "prompt_mode", "reasoning", "enable_thinking", true));
        SERVICE.chat(chat(
                "[{\"role\": \"user\", \"content\": \"a\"}]", ", \"reasoning_effort\": null, \"prompt_mode\": null"));
        assertThat(SERVICE.layout.last.variables()).isEmpty();
    }

    /** What mistral-common makes a setting of, of a model whose files have that setting. */
    @Test
    void theFormOfAnAnswerIsShownToThoseWhoWantToSeeIt() {
        String schema = "{\"type\": \"object\", \"properties\": {\"b\": {\"type\": \"string\"}, \"a\": {}}}";
        String named =
                ", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"n\", \"schema\": "
                        + schema + "}}";
        String any = "{\"anyOf\": [{\"type\": \"object\"}, {\"type\": \"array\"}]}";
        try (TestService service = TestService.of("fine")) {
            for (boolean shows : new boolean[] {true, false}) {
                service.layout.showsSchema = shows;
                assertShown(service, named, shows ? schema : null);
                assertShown(service, ", \"response_format\": {\"type\": \"json_object\"}", shows ? any : null);
                assertShown(service, ", \"structured_outputs\": {\"regex\": \"a\"}", null);
                assertShown(service, "", null);
            }
        }
    }

    private static void assertShown(TestService service, String form, @Nullable String schema) {
        TestService.Reply reply = service.chat(chat("[{\"role\": \"user\", \"content\": \"a\"}]", form));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(service.layout.last.variables().get("json_schema"))
                .isEqualTo(schema == null ? null : new JsonObject(schema).getMap());
    }

    @Test
    void thoughtsReachTheLayoutInOneForm() {
        TestService.Reply reply = SERVICE.chat(chat("""
                [{"role": "system", "content": [{"type": "thinking", "thinking": "s"}]},
                 {"role": "user", "content": "a"},
                 {"role": "assistant", "content": [
                   {"type": "thinking", "thinking": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}], "closed": true},
                   {"type": "thinking", "thinking": "z", "closed": false}, {"type": "text", "text": "b"}]},
                 {"role": "user", "content": "c"},
                 {"role": "assistant", "content": "d", "reasoning": "e", "reasoning_content": "e"},
                 {"role": "user", "content": "f"}]""", ""));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(SERVICE.layout.last.messages().get(0).get("content"))
                .isEqualTo(List.of(Map.of("type", "thinking", "thinking", "s", "closed", true)));
        assertThat(SERVICE.layout.last.messages().get(2).get("content"))
                .isEqualTo(List.of(
                        Map.of("type", "thinking", "thinking", "xy", "closed", true),
                        Map.of("type", "thinking", "thinking", "z", "closed", false),
                        Map.of("type", "text", "text", "b")));
        assertThat(SERVICE.layout.last.messages().get(4))
                .containsEntry("reasoning", "e")
                .containsEntry("reasoning_content", "e");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"role": "user", "content": [{"type": "thinking", "thinking": "x"}]} | messages[0].content[0].type
            {"role": "assistant", "content": [{"type": "thinking"}]} | messages[0].content[0].thinking
            {"role": "assistant", "content": [{"type": "thinking", "thinking": 1}]} | messages[0].content[0].thinking
            {"role": "assistant", "content": [{"type": "thinking", "thinking": [{"type": "reference"}]}]} | messages[0].content[0].thinking[0].type
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "closed": 1}]} | messages[0].content[0].closed
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "x"}], "reasoning_content": "x"} | messages[0].reasoning_content
            {"role": "assistant", "reasoning": "x", "reasoning_content": "y"} | messages[0].reasoning
            {"role": "assistant", "reasoning": 3} | messages[0].reasoning
            """)
    void whatIsWrongIsNamed(String message, String field) {
        TestService.Reply reply = SERVICE.chat(chat("[" + message + "]", ""));
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        assertThat(reply.json().getJsonObject("error").getString("param")).isEqualTo(field);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "reasoning_effort": "much" | reasoning_effort
            "reasoning_effort": 3 | reasoning_effort
            "reasoning_effort": "low", "chat_template_kwargs": {"reasoning_effort": "high"} | reasoning_effort
            "prompt_mode": "fast" | prompt_mode
            """)
    void whatAsksForNothingThereIsIsNamed(String fields, String field) {
        TestService.Reply reply = SERVICE.chat(chat("[{\"role\": \"user\", \"content\": \"a\"}]", ", " + fields));
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        assertThat(reply.json().getJsonObject("error").getString("param")).isEqualTo(field);
    }

    /** As the layout says, since it knows the model. */
    @Test
    void whatTheModelCannotDoIsNamed() {
        try (TestService mistral = TestService.mistral(MistralVersion.V13, "fine")) {
            for (String field : List.of("reasoning_effort", "prompt_mode")) {
                JsonObject body = chat("[{\"role\": \"user\", \"content\": \"a\"}]", "");
                TestService.Reply reply =
                        mistral.chat(body.put(field, field.equals("prompt_mode") ? "reasoning" : "high"));
                assertThat(reply.status()).as(reply.body()).isEqualTo(400);
                assertThat(reply.json().getJsonObject("error").getString("param"))
                        .isEqualTo(field);
            }
            JsonObject switched = chat(
                    "[{\"role\": \"user\", \"content\": \"a\"}]",
                    ", \"chat_template_kwargs\": {\"enable_thinking\": false}");
            assertThat(mistral.chat(switched).error().getString("param"))
                    .isEqualTo("chat_template_kwargs.enable_thinking");
        }
    }

    private static JsonArray user(String text) {
        return new JsonArray().add(JsonObject.of("role", "user", "content", text));
    }

    /** Of every event of a stream. */
    private static List<Object> contents(TestService service, JsonObject body) {
        TestService.Reply reply = service.chat(body.copy().put("stream", true));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.body()
                .lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> new JsonObject(line.substring("data: ".length()))
                        .getJsonArray("choices")
                        .getJsonObject(0)
                        .getJsonObject("delta"))
                .peek(delta -> assertThat(delta.fieldNames()).doesNotContain("reasoning_content"))
                .map(delta -> delta.getValue("content"))
                .filter(content -> content != null && !content.equals(""))
                .toList();
    }

    @Test
    void chunksForThoseWhoSpeakOfThem() {
        Script script = Script.mistral().when("Why", "«[THINK]»Hm.«[/THINK]»So.«[THINK]»Or?«[/THINK]»No.");
        try (TestService service = TestService.playing(script, MistralLayout.of(MistralVersion.V13))) {
            JsonObject body = new JsonObject().put("messages", user("Why?")).put("reasoning_format", "thinking_chunks");
            JsonObject choice =
                    service.chat(body).json().getJsonArray("choices").getJsonObject(0);
            JsonObject message = choice.getJsonObject("message");
            assertThat(message.getJsonArray("content")).isEqualTo(new JsonArray("""
                            [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}], "closed": true},
                             {"type": "text", "text": "So."},
                             {"type": "thinking", "thinking": [{"type": "text", "text": "Or?"}], "closed": true},
                             {"type": "text", "text": "No."}]"""));
            assertThat(message.fieldNames()).doesNotContain("reasoning_content");
            List<Object> streamed = contents(service, body);
            assertThat(streamed).hasSize(12); // a token each
            assertThat(streamed.getFirst())
                    .isEqualTo(new JsonArray(
                            "[{\"type\": \"thinking\", \"thinking\": [{\"type\": \"text\", \"text\": \"H\"}]}]"));
            assertThat(streamed.getLast()).isEqualTo(".");

            JsonObject back =
                    new JsonObject().put("messages", user("a").add(message).addAll(user("Why?")));
            assertThat(content(service.chat(back))).as("sent back").isInstanceOf(JsonArray.class);
            assertThat(content(service.chat(back.copy().put("reasoning_format", "reasoning_content"))))
                    .isEqualTo("So.No.");
            assertThat(content(service.chat(body.copy().put("max_tokens", 2)))).isEqualTo(new JsonArray("""
                            [{"type": "thinking", "thinking": [{"type": "text", "text": "H"}], "closed": false}]"""));
            assertThat(content(service.chat(new JsonObject().put("messages", user("Why?")))))
                    .isEqualTo("So.No.");
            TestService.Reply wrong = service.chat(body.copy().put("reasoning_format", "none"));
            assertThat(wrong.status()).isEqualTo(400);
            assertThat(wrong.json().getJsonObject("error").getString("message"))
                    .contains("reasoning_format must be reasoning_content or thinking_chunks");
        }
    }

    private static Object content(TestService.Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json()
                .getJsonArray("choices")
                .getJsonObject(0)
                .getJsonObject("message")
                .getValue("content");
    }

    @Test
    void aThoughtGoesOnWhereItWasCut() {
        Script script = Script.mistral().goingOn("Hm, b", "ecause it is«[/THINK]»So.");
        try (TestService service = TestService.playing(script, MistralLayout.of(MistralVersion.V13))) {
            JsonArray messages = new JsonArray("""
                    [{"role": "user", "content": "Why?"},
                     {"role": "assistant", "prefix": true,
                      "content": [{"type": "thinking", "thinking": "Hm, b", "closed": false}]}]""");
            TestService.Reply reply = service.chat(new JsonObject().put("messages", messages));
            assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            JsonObject message =
                    reply.json().getJsonArray("choices").getJsonObject(0).getJsonObject("message");
            assertThat(message.getString("reasoning_content")).isEqualTo("ecause it is");
            assertThat(message.getString("content")).isEqualTo("So.");
        }
    }
}
