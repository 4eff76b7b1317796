package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Documents;
import dev.tramontane.fixtures.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls in completions: whoever asks has laid out the prompt, and shown the tools in it. */
final class CompletionToolsTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final ChatLayout MISTRAL = MistralLayout.of(MistralVersion.V13);
    private static final String ANSWER =
            "«[THINK]»Rain?«[/THINK]»Let me see.«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}«[TOOL_CALLS]»now«[ARGS]»{}";
    private static final JsonArray TOOLS = new JsonArray("""
        [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "additionalProperties": false,
           "properties": {"city": {"type": "string", "enum": ["Brest", "Nice"]}}, "required": ["city"]}}},
         {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]\
        """);
    private static final JsonArray MESSAGES = JsonArray.of(JsonObject.of("role", "user", "content", "How is Brest?"));

    private static JsonObject completion(Object prompt) {
        return JsonObject.of("prompt", prompt, "tools", TOOLS, "max_tokens", 300);
    }

    /** The prompt as the layout has it, which is a service of its own. */
    private static JsonArray laidOut(TestService service) {
        TestService.Reply reply = service.post(
                "/tokenize", JsonObject.of("messages", MESSAGES, "tools", TOOLS).encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonArray("tokens");
    }

    private static JsonObject choice(TestService service, String path, JsonObject body) {
        TestService.Reply reply = service.post(path, body.encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonArray("choices").getJsonObject(0);
    }

    private static List<String> functions(JsonArray calls) {
        return calls.stream()
                .map(call -> ((JsonObject) call).getJsonObject("function").encode())
                .toList();
    }

    /** What the chunks of one choice say together. */
    private static JsonObject streamed(TestService service, JsonObject body, int index) {
        TestService.Reply reply =
                service.post(COMPLETIONS, body.copy().put("stream", true).encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        StringBuilder text = new StringBuilder();
        StringBuilder thoughts = new StringBuilder();
        List<JsonObject> calls = new ArrayList<>();
        JsonObject joined = new JsonObject();
        for (String line : reply.body().split("\n", -1)) {
            JsonArray choices = line.startsWith("data: {")
                    ? new JsonObject(line.substring(6)).getJsonArray("choices")
                    : new JsonArray();
            if (choices.isEmpty() || choices.getJsonObject(0).getInteger("index") != index) {
                continue;
            }
            JsonObject choice = choices.getJsonObject(0);
            text.append(choice.getString("text"));
            thoughts.append(choice.getString("reasoning_content", ""));
            joined.put("finish_reason", choice.getString("finish_reason"));
            for (Object each : choice.getJsonArray("tool_calls", new JsonArray())) {
                JsonObject call = (JsonObject) each;
                if (call.getInteger("index") == calls.size()) {
                    assertThat(call.getString("id")).isNotEmpty();
                    calls.add(call.copy());
                } else {
                    JsonObject function = calls.get(call.getInteger("index")).getJsonObject("function");
                    String more = call.getJsonObject("function").getString("arguments");
                    function.put("arguments", function.getString("arguments") + more);
                }
            }
        }
        return joined.put("text", text.toString())
                .put("reasoning_content", thoughts.toString())
                .put("tool_calls", new JsonArray(calls));
    }

    /** The same tokens, the same answer as a chat's. */
    @Test
    void whatIsLaidOutElsewhereIsAnsweredAsAChat() {
        Script script = Script.mistral().when("Brest?", ANSWER);
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonObject body = completion(laidOut(service));
            JsonObject choice = choice(service, COMPLETIONS, body);
            JsonObject message = choice(
                            service, "/v1/chat/completions", JsonObject.of("messages", MESSAGES, "tools", TOOLS))
                    .getJsonObject("message");
            assertThat(choice.getString("text"))
                    .isEqualTo(message.getString("content"))
                    .isEqualTo("Let me see.");
            assertThat(choice.getString("reasoning_content")).isEqualTo("Rain?");
            assertThat(functions(choice.getJsonArray("tool_calls")))
                    .isEqualTo(functions(message.getJsonArray("tool_calls")))
                    .hasSize(2);
            assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
            JsonObject joined = streamed(service, body, 0);
            assertThat(joined.getString("text")).isEqualTo(choice.getString("text"));
            assertThat(joined.getString("reasoning_content")).isEqualTo("Rain?");
            assertThat(functions(joined.getJsonArray("tool_calls")))
                    .isEqualTo(functions(choice.getJsonArray("tool_calls")));
            assertThat(joined.getString("finish_reason")).isEqualTo("tool_calls");
        }
    }

    /** Several prompts and choices: each has its own calls, whole and streamed. */
    @Test
    void eachChoiceHasItsCalls() {
        Script script = Script.mistral().when("Brest?", ANSWER);
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonArray ids = laidOut(service);
            JsonObject body = completion(JsonArray.of(ids, ids)).put("n", 2).put("temperature", 0);
            TestService.Reply reply = service.post(COMPLETIONS, body.encode());
            JsonArray choices = reply.json().getJsonArray("choices");
            assertThat(choices).hasSize(4);
            List<String> callIds = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                JsonArray calls = choices.getJsonObject(i).getJsonArray("tool_calls");
                calls.forEach(call -> callIds.add(((JsonObject) call).getString("id")));
                assertThat(functions(streamed(service, body, i).getJsonArray("tool_calls")))
                        .isEqualTo(functions(calls));
            }
            assertThat(callIds).hasSize(8).doesNotHaveDuplicates();
        }
    }

    /** At each of its tokens: what there is of it, and the reason; the stream says the same. */
    @Test
    void callsThatTheLimitCuts() {
        Script script = Script.mistral().when("Brest?", ANSWER);
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonArray prompt = laidOut(service);
            int all = service.post(COMPLETIONS, completion(prompt).encode())
                    .json()
                    .getJsonObject("usage")
                    .getInteger("completion_tokens");
            for (int most = 1; most < all; most++) {
                JsonObject body = completion(prompt).put("max_tokens", most);
                JsonObject choice = choice(service, COMPLETIONS, body);
                JsonObject joined = streamed(service, body, 0);
                assertThat(choice.getString("finish_reason")).isEqualTo("length");
                assertThat(joined.getString("finish_reason")).isEqualTo("length");
                assertThat(joined.getString("text")).isEqualTo(choice.getString("text"));
                assertThat(functions(joined.getJsonArray("tool_calls")))
                        .as("%d tokens", most)
                        .isEqualTo(functions(choice.getJsonArray("tool_calls", new JsonArray())));
            }
        }
    }

    /** Whatever the model would rather say. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        "required" | tool_calls
        {"type": "function", "function": {"name": "weather"}} | stop
        """)
    void callsAreForced(String toolChoice, String reason) {
        for (CallStyle style : List.of(CallStyle.NAMED, CallStyle.OBJECT, CallStyle.TAGGED)) {
            ChatLayout layout = style == CallStyle.NAMED
                    ? MistralLayout.of(MistralVersion.V11)
                    : MISTRAL.answeredIn(new AnswerStyle(style, ThoughtStyle.TAGS));
            try (TestService service = TestService.drawing(Script.mistral().tokenizer(), layout)) {
                for (int seed = 0; seed < 4; seed++) {
                    JsonObject body = completion("A text.")
                            .put("seed", seed)
                            .put("parallel_tool_calls", false)
                            .put("max_tokens", 400)
                            .mergeIn(new JsonObject("{\"tool_choice\": " + toolChoice + "}"));
                    JsonObject choice = choice(service, COMPLETIONS, body);
                    if (choice.getString("finish_reason").equals("length")) {
                        continue; // A long thought, or blanks between tokens of JSON.
                    }
                    assertThat(choice.getString("finish_reason")).isEqualTo(reason);
                    assertThat(choice.getString("text")).isBlank();
                    JsonObject call =
                            choice.getJsonArray("tool_calls").getJsonObject(0).getJsonObject("function");
                    if (reason.equals("stop") || call.getString("name").equals("weather")) {
                        assertThat(new JsonObject(call.getString("arguments")).getString("city"))
                                .isIn("Brest", "Nice");
                    }
                }
            }
        }
    }

    /** A text prompt of whoever writes his own; and what is not offered is not called. */
    @Test
    void textsAndNoTools() {
        Script script = Script.mistral().goingOn("Call: ", "«[TOOL_CALLS]»now«[ARGS]»{}");
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonObject body = completion("Call: ");
            assertThat(functions(choice(service, COMPLETIONS, body).getJsonArray("tool_calls")))
                    .containsExactly("{\"name\":\"now\",\"arguments\":\"{}\"}");
            for (JsonObject plain : List.of(
                    body.copy().put("tool_choice", "none"),
                    body.copy().put("tools", new JsonArray()),
                    body.copy().putNull("tools"))) {
                JsonObject choice = choice(service, COMPLETIONS, plain);
                assertThat(choice.containsKey("tool_calls")).isFalse();
                assertThat(choice.getString("text")).isEqualTo("now{}");
                assertThat(choice.getString("finish_reason")).isEqualTo("stop");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"prompt\": \"a\", \"suffix\": \"b\"} | tools | beside suffix",
                "{\"prompt\": \"a\", \"tool_choice\": \"perhaps\"} | tool_choice | tool_choice must be",
                "{\"prompt\": \"a\", \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"x\"}}}"
                        + " | tool_choice | not among the tools"
            })
    void whatIsRefused(String line) {
        String[] parts = line.split(" \\| ", -1);
        try (TestService service = TestService.playing(Script.mistral(), MISTRAL)) {
            refused(service, new JsonObject(parts[0]).put("tools", TOOLS), parts[1], parts[2]);
        }
    }

    private static void refused(TestService service, JsonObject body, String field, String words) {
        TestService.Reply reply = service.post(COMPLETIONS, body.encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        JsonObject error = reply.json().getJsonObject("error");
        assertThat(error.getString("param")).isEqualTo(field);
        assertThat(error.getString("message")).contains(words);
    }

    /** A model whose calls nobody could tell from words. */
    @Test
    void aFormThatIsNotKnown() {
        ChatLayout layout = MISTRAL.answeredIn(AnswerStyle.PLAIN);
        try (TestService service = TestService.playing(Script.mistral(), layout)) {
            refused(service, completion("a"), "tools", "--tool-parser");
        }
    }

    /** The request that docs/tools.md shows. */
    @Test
    void theDocumentsExample() {
        String document = Documents.text("docs/tools.md");
        int section = document.indexOf("## Completions");
        int begin = document.indexOf("```json\n", section) + "```json\n".length();
        JsonObject body = new JsonObject(document.substring(begin, document.indexOf("```", begin)));
        Script script = Script.mistral().when("Brest?", "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}");
        try (TestService service = TestService.playing(script, MISTRAL)) {
            JsonArray ids = service.post(
                            "/tokenize",
                            JsonObject.of("messages", MESSAGES, "tools", body.getJsonArray("tools"))
                                    .encode())
                    .json()
                    .getJsonArray("tokens");
            JsonObject choice = choice(service, COMPLETIONS, body.put("prompt", ids));
            assertThat(choice.getJsonArray("tool_calls")).hasSize(1);
        }
    }
}
