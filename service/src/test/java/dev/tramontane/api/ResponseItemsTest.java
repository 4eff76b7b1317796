package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Script;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a response consists of: thoughts, words and calls, each an item of its own, told by events that make up the same. */
final class ResponseItemsTest {
    private static final String PATH = "/v1/responses";
    private static final ChatLayout LAYOUT = MistralLayout.of(MistralVersion.V13);
    private static final String CALL = "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}";
    private static final String ALL =
            "«[THINK]»Hm, Brest.«[/THINK]»Let me see, ö.«[TOOL_CALLS]»weather«[CALL_ID]»abcDEF123«[ARGS]»"
                    + "{\"city\": \"Orléans\"}«[TOOL_CALLS]»now«[ARGS]»{}";
    private static final JsonArray TOOLS = new JsonArray("""
        [{"type": "function", "name": "weather", "description": "Of a city.", "strict": false,
          "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
         {"type": "function", "name": "now", "parameters": {}}]\
        """);

    private static JsonObject body(Object input) {
        return JsonObject.of("model", TestService.MODEL, "input", input, "tools", TOOLS);
    }

    private static JsonObject output(String call, Object says) {
        return JsonObject.of("type", "function_call_output", "call_id", call, "output", says);
    }

    private static JsonObject user(String says) {
        return JsonObject.of("role", "user", "content", says);
    }

    private static JsonObject whole(TestService service, JsonObject body) {
        TestService.Reply reply = service.post(PATH, body.encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json();
    }

    private static List<NumberedEvents> streamed(TestService service, JsonObject body) {
        TestService.Reply reply =
                service.post(PATH, body.copy().put("stream", true).encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return NumberedEvents.of(reply.body());
    }

    /** Puts together what the events say, as clients do, and has each of them be legal where it stands; returns the response. */
    private static JsonObject joined(List<NumberedEvents> events) {
        List<JsonObject> items = new ArrayList<>();
        boolean open = false;
        for (int i = 0; i < events.size(); i++) {
            JsonObject event = events.get(i).json();
            assertThat(event.getInteger("sequence_number")).isEqualTo(i);
            if (event.containsKey("output_index")) {
                boolean begins = events.get(i).type().equals("response.output_item.added");
                assertThat(event.getInteger("output_index")).isEqualTo(begins ? items.size() : items.size() - 1);
                assertThat(open).as(event.encode()).isEqualTo(!begins);
            }
            if (event.containsKey("item_id")) {
                assertThat(event.getString("item_id")).isEqualTo(items.getLast().getString("id"));
            }
            switch (events.get(i).type()) {
                case "response.output_item.added" -> {
                    JsonObject item = event.getJsonObject("item");
                    assertThat(item.getString("status")).isEqualTo("in_progress");
                    assertThat(item.getJsonArray("content", new JsonArray())).isEmpty();
                    items.add(item.copy());
                    open = true;
                }
                case "response.content_part.added" ->
                    items.getLast().getJsonArray("content").add(event.getJsonObject("part"));
                case "response.output_text.delta", "response.reasoning_text.delta" -> {
                    JsonObject part = items.getLast().getJsonArray("content").getJsonObject(0);
                    part.put("text", part.getString("text") + event.getString("delta"));
                }
                case "response.output_text.done", "response.reasoning_text.done" ->
                    assertThat(event.getString("text"))
                            .isEqualTo(items.getLast()
                                    .getJsonArray("content")
                                    .getJsonObject(0)
                                    .getString("text"));
                case "response.content_part.done" ->
                    assertThat(event.getJsonObject("part"))
                            .isEqualTo(items.getLast().getJsonArray("content").getJsonObject(0));
                case "response.function_call_arguments.delta" ->
                    items.getLast().put("arguments", items.getLast().getString("arguments") + event.getString("delta"));
                case "response.function_call_arguments.done" ->
                    assertThat(event.getString("arguments"))
                            .isEqualTo(items.getLast().getString("arguments"));
                case "response.output_item.done" -> {
                    JsonObject item = event.getJsonObject("item");
                    assertThat(items.getLast().put("status", item.getString("status")))
                            .isEqualTo(item);
                    open = false;
                }
                default -> {}
            }
        }
        JsonObject response = events.getLast().json().getJsonObject("response");
        assertThat(response.getJsonArray("output")).isEqualTo(new JsonArray(items));
        return response;
    }

    /** Without what differs between two answers: ids. */
    private static List<String> shapes(JsonObject response) {
        List<String> shapes = new ArrayList<>();
        for (Object each : response.getJsonArray("output")) {
            JsonObject item = ((JsonObject) each).copy();
            String prefix = switch (item.getString("type")) {
                case "reasoning" -> "rs_";
                case "message" -> "msg_";
                default -> "fc_";
            };
            String bare = response.getString("id").substring("resp_".length());
            assertThat(item.remove("id")).isEqualTo(prefix + bare + (shapes.isEmpty() ? "" : "_" + shapes.size()));
            Object call = item.remove("call_id");
            assertThat(call == null || ((String) call).matches("[0-9A-Za-z]{9}"))
                    .isTrue();
            shapes.add(item.encode());
        }
        return shapes;
    }

    @Test
    void eachIsAnItemInItsPlace() {
        Script script = Script.mistral().when("Hi", ALL);
        try (TestService service = TestService.playing(script, LAYOUT)) {
            JsonObject response = joined(streamed(service, body("Hi")));
            List<String> shapes = shapes(response);
            assertThat(shapes)
                    .containsExactly(
                            "{\"type\":\"reasoning\",\"status\":\"completed\",\"summary\":[],\"content\":[{\"type\":\"reasoning_text\",\"text\":\"Hm,"
                                    + " Brest.\"}]}",
                            "{\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Let"
                                    + " me see, ö.\",\"annotations\":[],\"logprobs\":[]}]}",
                            "{\"type\":\"function_call\",\"status\":\"completed\",\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":"
                                    + " \\\"Orléans\\\"}\"}",
                            "{\"type\":\"function_call\",\"status\":\"completed\",\"name\":\"now\",\"arguments\":\"{}\"}");
            assertThat(response.getJsonArray("output").getJsonObject(2).getString("call_id"))
                    .isEqualTo("abcDEF123");
            assertThat(response.getString("status")).isEqualTo("completed");
            assertThat(response.getJsonArray("tools")).isEqualTo(new JsonArray("""
                [{"type": "function", "name": "weather", "description": "Of a city.",
                  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}, "strict": false},
                 {"type": "function", "name": "now", "description": null, "parameters": {}, "strict": false}]\
                """));
            assertThat(thoughts(response)).isEqualTo("Hm, Brest.".length());
            assertThat(shapes(whole(service, body("Hi")))).isEqualTo(shapes);
            JsonObject kept = service.get(PATH + "/" + response.getString("id")).json();
            assertThat(kept).isEqualTo(response);
            JsonObject begun = whole(service, body("Hi").put("background", true));
            TestService.eventually()
                    .untilAsserted(() -> assertThat(shapes(service.get(PATH + "/" + begun.getString("id"))
                                    .json()))
                            .isEqualTo(shapes));
        }
    }

    private static int thoughts(JsonObject response) {
        return response.getJsonObject("usage")
                .getJsonObject("output_tokens_details")
                .getInteger("reasoning_tokens");
    }

    /** What a request said of thoughts and of calls its response says, whole, told by events, and kept. */
    @Test
    void whatWasAskedIsTold() {
        Script script = Script.mistral().when("Hi", "Fine.");
        ChatLayout layout =
                MistralLayout.of(MistralVersion.V15, new MistralSettings(List.of("none", "high"), "none", false));
        try (TestService service = TestService.playing(script, layout)) {
            JsonObject body = body("Hi")
                    .put("max_tool_calls", 3)
                    .put("thinking_token_budget", 9)
                    .put("reasoning", JsonObject.of("effort", "high", "generate_summary", "auto"));
            JsonObject whole = whole(service, body);
            for (JsonObject response : List.of(
                    whole,
                    joined(streamed(service, body)),
                    service.get(PATH + "/" + whole.getString("id")).json())) {
                assertThat(response.getJsonObject("reasoning"))
                        .isEqualTo(JsonObject.of("effort", "high", "summary", "auto"));
                assertThat(response.getInteger("max_tool_calls")).isEqualTo(3);
            }
            JsonObject silent = whole(service, body("Hi"));
            assertThat(silent.getJsonObject("reasoning")).isEqualTo(JsonObject.of("effort", null, "summary", null));
            assertThat(silent.getMap()).containsEntry("max_tool_calls", null);
        }
    }

    /** Layouts know the fields of chats; who asks for a response is told of his own. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `"input": "Hi", "reasoning": {"effort": "high"}` | reasoning.effort | reasoning.effort is no setting of this model
            `"input": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Fine."}]` | input | The last message must be the user's
            `"input": "Hi", "max_output_tokens": 99999` | max_output_tokens | or max_output_tokens
            `"input": "Hi", "thinking_token_budget": 3` | thinking_token_budget | thoughts
            """)
    void refusalsNameFieldsOfResponses(String fields, String param, String words) {
        try (TestService service = TestService.mistral(MistralVersion.V7, "fine")) {
            TestService.Reply reply = service.post(PATH, "{" + fields + "}");
            assertThat(reply.status()).as(reply.body()).isEqualTo(400);
            assertThat(reply.error().getString("param")).isEqualTo(param);
            assertThat(reply.error().getString("message"))
                    .contains(words)
                    .doesNotContain("messages[", "reasoning_effort", "max_tokens");
        }
    }

    /** Nobody answers half a call, and what follows does not show it. */
    @Test
    void aCallThatTheLimitCuts() {
        Script script = Script.mistral().when("Hi", CALL).when("well", "Fine.");
        try (TestService service = TestService.playing(script, LAYOUT)) {
            JsonObject response = joined(streamed(service, body("Hi").put("max_output_tokens", 14)));
            assertThat(response.getString("status")).isEqualTo("incomplete");
            assertThat(shapes(response))
                    .containsExactly(
                            "{\"type\":\"function_call\",\"status\":\"incomplete\",\"name\":\"weather\",\"arguments\":\"{\\\"cit\"}");
            JsonObject call = response.getJsonArray("output").getJsonObject(0);
            TestService.Reply answered = service.post(
                    PATH,
                    body(JsonArray.of(output(call.getString("call_id"), "12")))
                            .put("previous_response_id", response.getString("id"))
                            .encode());
            assertThat(answered.status()).isEqualTo(400);
            assertThat(answered.error().getString("param")).isEqualTo("input[0].call_id");
            JsonArray again =
                    JsonArray.of(user("Hi"), JsonObject.of("role", "assistant", "content", "Er"), call, user("well"));
            assertThat(shapes(whole(service, body(again)))).hasSize(1).allMatch(item -> item.contains("Fine."));
        }
    }

    /** What was computed of the turn before is the prompt of the next, its calls included. */
    @Test
    void theNextTurnHasWhatTheToolsSaid() {
        Script script = Script.mistral()
                .when("Hi", "Let me see." + CALL)
                .when("12 degrees", CALL.replace("Brest", "Nantes"))
                .when("rain", "It is wet.");
        try (TestService service = TestService.playing(script, LAYOUT)) {
            JsonObject first = whole(service, body("Hi"));
            String call = first.getJsonArray("output").getJsonObject(1).getString("call_id");
            JsonObject second = joined(streamed(
                    service,
                    body(JsonArray.of(output(call, "12 degrees"))).put("previous_response_id", first.getString("id"))));
            JsonObject usage = first.getJsonObject("usage");
            int computed = usage.getInteger("input_tokens") + usage.getInteger("output_tokens") - 1;
            assertThat(cached(second)).isGreaterThan(computed - 32).isLessThanOrEqualTo(computed);
            String next = second.getJsonArray("output").getJsonObject(0).getString("call_id");
            assertThat(next).isNotEqualTo(call);
            JsonArray parts = JsonArray.of(JsonObject.of("type", "input_text", "text", "rain"));
            JsonObject third = whole(
                    service,
                    body(JsonArray.of(output(next, parts))).put("previous_response_id", second.getString("id")));
            assertThat(shapes(third)).hasSize(1).allMatch(item -> item.contains("It is wet."));
            assertThat(cached(third)).isGreaterThan(cached(second));
            JsonArray listed = service.get(PATH + "/" + third.getString("id") + "/input_items")
                    .json()
                    .getJsonArray("data");
            assertThat(listed.getJsonObject(0))
                    .isEqualTo(JsonObject.of(
                            "id",
                            "fco_" + third.getString("id").substring("resp_".length()) + "_in_0",
                            "type",
                            "function_call_output",
                            "status",
                            "completed",
                            "call_id",
                            next,
                            "output",
                            parts));
        }
    }

    private static int cached(JsonObject response) {
        return response.getJsonObject("usage")
                .getJsonObject("input_tokens_details")
                .getInteger("cached_tokens");
    }

    @Test
    void whatIsOwedIsSaidByName() {
        Script script = Script.mistral().when("Hi", ALL).when("late", "Fine.");
        try (TestService service = TestService.playing(script, LAYOUT)) {
            JsonObject first = whole(service, body("Hi"));
            String one = first.getJsonArray("output").getJsonObject(2).getString("call_id");
            String two = first.getJsonArray("output").getJsonObject(3).getString("call_id");
            refused(service, first, JsonArray.of(user("and?")), "input", one + "' and 1 more");
            refused(service, first, JsonArray.of(output(one, "a")), "input", "for the call '" + two + "'");
            refused(
                    service,
                    first,
                    JsonArray.of(output(one, "a"), output(one, "b"), output(two, "c")),
                    "input[1].call_id",
                    "has its output already");
            refused(service, first, JsonArray.of(output("nobody123", "a")), "input[0].call_id", "names no call");
            // In whatever order, and with words between: layouts get the outputs first.
            JsonArray mixed = JsonArray.of(output(two, "it is late"), user("Well?"), output(one, "wet"));
            assertThat(shapes(whole(service, body(mixed).put("previous_response_id", first.getString("id")))))
                    .hasSize(1);
        }
    }

    private static void refused(TestService service, JsonObject previous, JsonArray input, String param, String words) {
        TestService.Reply reply = service.post(
                PATH,
                body(input)
                        .put("previous_response_id", previous.getString("id"))
                        .encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        assertThat(reply.error().getString("param")).isEqualTo(param);
        assertThat(reply.error().getString("message")).contains(words);
    }

    /** As clients do that keep nothing on the server: all that was said, items as they came. */
    @Test
    void itemsAreSentBackAsTheyCame() {
        Script script = Script.mistral().when("Hi", ALL).when("noon", "Fine.");
        try (TestService service = TestService.playing(script, LAYOUT)) {
            JsonObject first = whole(service, body("Hi").put("store", false));
            JsonArray said = JsonArray.of(user("Hi")).addAll(first.getJsonArray("output"));
            for (int i = 2; i < 4; i++) {
                said.add(output(first.getJsonArray("output").getJsonObject(i).getString("call_id"), "noon"));
            }
            assertThat(shapes(whole(service, body(said).put("store", false))))
                    .hasSize(1)
                    .allMatch(item -> item.contains("Fine."));
            JsonObject kept = whole(service, body("Hi"));
            JsonArray references = JsonArray.of(user("Hi"));
            for (Object item : kept.getJsonArray("output")) {
                references.add(JsonObject.of("type", "item_reference", "id", ((JsonObject) item).getString("id")));
            }
            for (int i = 2; i < 4; i++) {
                references.add(
                        output(kept.getJsonArray("output").getJsonObject(i).getString("call_id"), "noon"));
            }
            assertThat(shapes(whole(service, body(references)))).hasSize(1).allMatch(item -> item.contains("Fine."));
        }
    }

    /** Within a thought, a word, a name, arguments: what one server began the next one goes on with, item by item. */
    @ParameterizedTest
    @ValueSource(ints = {1, 12, 29, 33, 60, 67})
    void anAnswerGoesOnElsewhere(int tokens, @TempDir Path answers) throws IOException {
        Script script = Script.mistral();
        int[] ids = script.ids(ALL);
        int end = script.tokenizer().controlId("</s>").orElseThrow();
        ScriptedEngine first = new ScriptedEngine(at -> at < ids.length ? ids[at] : end);
        ScriptedEngine second = new ScriptedEngine(at -> at < ids.length ? ids[at] : end);
        ScriptedEngine undisturbed = new ScriptedEngine(at -> at < ids.length ? ids[at] : end);
        try (TestService leaving = keeping(first, false, script, answers);
                TestService next = keeping(second, true, script, answers);
                TestService other = keeping(undisturbed, true, script, answers)) {
            List<String> wanted = shapes(whole(other, body("Hi")));
            StringBuilder had = new StringBuilder();
            try (RawClient client = new RawClient(leaving.port)) {
                client.send(RawClient.post(PATH, body("Hi").put("stream", true).encode()));
                assertThat(client.head()).contains("200 ok");
                for (int i = 0; i < tokens; i++) {
                    TestService.eventually().until(first::step);
                }
                while (NumberedEvents.of(had.toString()).size() < 2) {
                    had.append(new String(client.chunk(), java.nio.charset.StandardCharsets.UTF_8));
                }
                assertThat(leaving.leave()).isEqualTo(1);
                for (byte[] chunk = client.chunk(); chunk.length > 0; chunk = client.chunk()) {
                    had.append(new String(chunk, java.nio.charset.StandardCharsets.UTF_8));
                }
            }
            List<NumberedEvents> events = new ArrayList<>(NumberedEvents.of(had.toString()));
            JsonObject notice = events.removeLast().json();
            JsonObject cut = notice.getJsonObject("response");
            assertThat(thoughts(cut))
                    .as("counted as at the end")
                    .isEqualTo(Math.clamp(
                            cut.getJsonObject("usage").getInteger("output_tokens") - 1, 0, "Hm, Brest.".length()));
            String id = cut.getString("id");
            TestService.Reply rest = next.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + next.port
                    + notice.getJsonObject("resume").getString("url"))));
            assertThat(rest.status()).as(rest.body()).isEqualTo(200);
            events.addAll(NumberedEvents.of(rest.body()));
            JsonObject response = joined(events);
            assertThat(shapes(response)).isEqualTo(wanted);
            assertThat(response.getJsonObject("usage").getInteger("output_tokens"))
                    .isEqualTo(ids.length + 1);
            assertThat(thoughts(response)).isEqualTo("Hm, Brest.".length());
            assertThat(next.get(PATH + "/" + id).json()).isEqualTo(response);
            String call = response.getJsonArray("output").getJsonObject(2).getString("call_id");
            refused(next, response, JsonArray.of(output(call, "a")), "input", "no function_call_output");
        }
    }

    private static TestService keeping(ScriptedEngine engine, boolean stepping, Script script, Path answers) {
        engine.vocabulary = script.tokenizer().size();
        return TestService.keeping(
                        engine,
                        stepping,
                        script.tokenizer(),
                        LAYOUT,
                        ReplayLimits.DEFAULT,
                        new ResponseStore(1 << 24, Duration.ofHours(1)))
                .sharing(answers, 1);
    }
}
