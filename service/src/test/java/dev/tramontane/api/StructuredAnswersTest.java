package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Forms of answers where clients ask for them, of a model that draws tokens by chance: what fits, fits because of masks. */
class StructuredAnswersTest {
    private final TestService service = TestService.on(
            FakeModel.of(ByteTokenizer.SIZE, 0),
            new EngineConfig(
                    new EngineConfig.Step(4, 64, 8),
                    new EngineConfig.Cache(4, CacheType.F32, 1L << 30),
                    new EngineConfig.Admission(8, 400, 4, 64, 1 << 20)),
            TestService.CONFIG);

    @AfterEach
    void close() {
        service.close();
    }

    private static JsonObject outputs(String kind, Object value) {
        return new JsonObject().put("structured_outputs", new JsonObject().put(kind, value));
    }

    private static JsonObject choice(TestService.Reply reply, int index) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonArray("choices").getJsonObject(index);
    }

    @Test
    void chatsChoose() {
        Set<String> said = new HashSet<>();
        JsonArray choices = new JsonArray().add("yes").add("no").add("n\u00f6, \"danke\"");
        for (int seed = 0; seed < 24; seed++) {
            JsonObject asked = outputs("choice", choices)
                    .put("seed", seed)
                    .put("temperature", 8)
                    .put("n", 2);
            TestService.Reply reply = service.chat(TestService.chatBody(asked));
            for (int index = 0; index < 2; index++) {
                JsonObject answer = choice(reply, index);
                assertThat(answer.getString("finish_reason")).isEqualTo("stop");
                said.add(answer.getJsonObject("message").getString("content"));
                assertThat(answer.getJsonObject("message").getValue("refusal")).isNull();
            }
        }
        assertThat(said).containsExactlyInAnyOrder("yes", "no", "n\u00f6, \"danke\"");
    }

    @Test
    void completionsMatchAsVllmsClientsAskForIt() {
        String pattern = "[A-F]\\d{3,5}(?:\u00e4|\u20ac){2}";
        for (JsonObject asked : List.of(outputs("regex", pattern), new JsonObject().put("guided_regex", pattern))) {
            JsonObject answer = choice(
                    service.completion(
                            TestService.body("p", asked.put("max_tokens", 50).put("logprobs", 2))),
                    0);
            assertThat(answer.getString("text")).matches(pattern);
            assertThat(answer.getString("finish_reason")).isEqualTo("stop");
            // What could be drawn and what the model would have said are told apart: probabilities are the model's.
            assertThat(answer.getJsonObject("logprobs").getJsonArray("tokens").size())
                    .isEqualTo(answer.getString("text").getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
        }
    }

    @Test
    void grammarsAsLlamaCppsClientsAndVllmsSendThem() {
        String grammar = """
                root ::= sum
                sum ::= term ("+" term)*
                term ::= [1-9] [0-9]? | "(" sum ")"
                """;
        for (JsonObject asked : List.of(
                new JsonObject().put("grammar", grammar),
                new JsonObject().put("guided_grammar", grammar),
                outputs("grammar", grammar))) {
            JsonObject answer = choice(service.completion(TestService.body("p", asked.put("max_tokens", 300))), 0);
            String left = answer.getString("text");
            for (String before = ""; !left.equals(before); ) { // Sums in brackets become numbers, innermost first.
                before = left;
                left = left.replaceAll("\\([1-9][0-9]?(\\+[1-9][0-9]?)*\\)", "1");
            }
            if (answer.getString("finish_reason").equals("stop")) {
                assertThat(left).matches("[1-9][0-9]?(\\+[1-9][0-9]?)*");
            } else {
                assertThat(left).matches("[(+1-9][(+0-9)]*"); // The beginning of a sum.
            }
        }
    }

    @Test
    void theTextOfAStreamMatches() {
        JsonObject asked = outputs("regex", "(?:ab|cd){10,20}!").put("stream", true);
        String body = service.chat(TestService.chatBody(asked)).body();
        String text = body.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> new JsonObject(line.substring(6)).getJsonArray("choices"))
                .map(choices -> choices.getJsonObject(0).getJsonObject("delta").getString("content", ""))
                .collect(Collectors.joining());
        assertThat(text).matches("(?:ab|cd){10,20}!");
        assertThat(body).contains("\"finish_reason\":\"stop\"");
    }

    @Test
    void aResponseMatchesAndTellsWhereItWasCut() {
        JsonObject whole = service.post(
                        "/v1/responses",
                        outputs("regex", "x{30}").put("input", "i").encode())
                .json();
        assertThat(text(whole)).isEqualTo("x".repeat(30));
        assertThat(whole.getString("status")).isEqualTo("completed");
        JsonObject cut = service.post(
                        "/v1/responses",
                        outputs("regex", "x{30}")
                                .put("input", "i")
                                .put("max_output_tokens", 29)
                                .encode())
                .json();
        assertThat(text(cut)).isEqualTo("x".repeat(29));
        assertThat(cut.getString("status")).isEqualTo("incomplete");
        assertThat(cut.getJsonObject("incomplete_details").getString("reason")).isEqualTo("max_output_tokens");
        JsonObject chat = choice(
                service.chat(TestService.chatBody(outputs("regex", "x{30}").put("max_completion_tokens", 29))), 0);
        assertThat(chat.getString("finish_reason")).isEqualTo("length");
    }

    /** Numbers beyond a long are numbers of a schema too, and it is told back as it was sent. */
    @Test
    void aSchemaIsToldBackWithItsLargeNumbers() {
        JsonObject schema = new JsonObject("""
                {"type": "integer", "minimum": 100000000000000000000, "maximum": 100000000000000000009}""");
        JsonObject response = service.post(
                        "/v1/responses",
                        new JsonObject()
                                .put("input", "i")
                                .put(
                                        "text",
                                        new JsonObject()
                                                .put(
                                                        "format",
                                                        new JsonObject()
                                                                .put("type", "json_schema")
                                                                .put("name", "large")
                                                                .put("schema", schema)))
                                .encode())
                .json();
        assertThat(text(response)).matches("10000000000000000000[0-9]");
        assertThat(response.getJsonObject("text").getJsonObject("format").getJsonObject("schema"))
                .isEqualTo(schema);
    }

    private static String text(JsonObject response) {
        return response.getJsonArray("output")
                .getJsonObject(0)
                .getJsonArray("content")
                .getJsonObject(0)
                .getString("text");
    }

    /** As vLLM calls it: nothing but a space behind commas and colons. */
    @Test
    void jsonWithoutLines() {
        JsonObject schema = new JsonObject("""
                {"type": "object", "additionalProperties": false, "required": ["a", "b"], "properties": {
                  "a": {"type": "array", "items": {"type": "null"}, "maxItems": 3}, "b": {"type": "boolean"}}}""");
        for (int seed = 0; seed < 8; seed++) {
            JsonObject asked = outputs("json", schema).put("seed", seed).put("temperature", 8);
            asked.getJsonObject("structured_outputs").put("disable_any_whitespace", true);
            String text = choice(service.chat(TestService.chatBody(asked)), 0)
                    .getJsonObject("message")
                    .getString("content");
            assertThat(text).matches("\\{\"a\": ?\\[(null(, ?null)*)?], ?\"b\": ?(true|false)}");
        }
    }

    private static final JsonObject SCHEMA = new JsonObject("""
            {"type": "object", "additionalProperties": false, "required": ["kind", "count", "tags"], "properties": {
              "kind": {"enum": ["cat", "dog"]}, "count": {"type": "integer", "minimum": 0, "maximum": 30},
              "tags": {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 4}}}}""");

    private static void assertFits(String text) {
        JsonObject value = new JsonObject(text);
        assertThat(value.fieldNames()).containsExactly("kind", "count", "tags");
        assertThat(value.getString("kind")).isIn("cat", "dog");
        assertThat(value.getInteger("count")).isBetween(0, 30);
        assertThat(value.getJsonArray("tags").size()).isLessThanOrEqualTo(3);
    }

    @Test
    void schemasHoldWhereverTheyAreSaid() {
        JsonObject named =
                new JsonObject().put("name", "pet").put("schema", SCHEMA).put("strict", true);
        for (JsonObject asked : List.of(
                new JsonObject()
                        .put(
                                "response_format",
                                new JsonObject().put("type", "json_schema").put("json_schema", named)),
                new JsonObject()
                        .put(
                                "response_format",
                                new JsonObject().put("type", "json_object").put("schema", SCHEMA)),
                outputs("json", SCHEMA),
                outputs("json", SCHEMA.encode()),
                new JsonObject().put("guided_json", SCHEMA),
                new JsonObject().put("json_schema", SCHEMA))) {
            for (int seed = 0; seed < 4; seed++) {
                JsonObject answer = choice(
                        service.chat(TestService.chatBody(
                                asked.copy().put("seed", seed).put("temperature", 8))),
                        0);
                assertThat(answer.getString("finish_reason")).isEqualTo("stop");
                assertFits(answer.getJsonObject("message").getString("content"));
            }
        }
        JsonObject format = named.copy().put("type", "json_schema");
        JsonObject response = service.post(
                        "/v1/responses",
                        new JsonObject()
                                .put("input", "i")
                                .put("text", new JsonObject().put("format", format))
                                .encode())
                .json();
        assertFits(text(response));
        assertThat(response.getJsonObject("text").getJsonObject("format")).isEqualTo(format);
    }

    @Test
    void anyObjectIsAnObject() {
        for (JsonObject asked : List.of(
                new JsonObject().put("response_format", new JsonObject().put("type", "json_object")),
                outputs("json_object", true))) {
            JsonObject answer = choice(
                    service.chat(TestService.chatBody(
                            asked.copy().put("logit_bias", new JsonObject().put("125", 60)))), // the brace that closes
                    0);
            assertThat(answer.getString("finish_reason")).isEqualTo("stop");
            new JsonObject(answer.getJsonObject("message").getString("content"));
        }
    }

    @Test
    void whatElseARequestSaysHolds() {
        JsonObject form = outputs("regex", "[a-e]{20,30}");
        JsonObject stopped = choice(
                service.chat(TestService.chatBody(form.copy().put("stop", "c").put("temperature", 2))), 0);
        assertThat(stopped.getJsonObject("message").getString("content")).matches("[abde]{0,29}");
        JsonObject biased = choice(
                service.chat(TestService.chatBody(form.copy()
                        .put("logit_bias", new JsonObject().put("98", 100).put("120", 100)))),
                0);
        assertThat(biased.getJsonObject("message").getString("content")).matches("b{20,30}");
        JsonObject few = choice(
                service.chat(TestService.chatBody(form.copy()
                        .put(
                                "allowed_token_ids",
                                new JsonArray().add(97).add(120).add(100)))),
                0);
        assertThat(few.getJsonObject("message").getString("content")).matches("[ad]{30}");
        JsonObject long1 = choice(
                service.chat(
                        TestService.chatBody(form.copy().put("min_tokens", 29).put("seed", 3))),
                0);
        assertThat(long1.getJsonObject("message").getString("content")).matches("[a-e]{29,30}");
        JsonObject endless =
                choice(service.chat(TestService.chatBody(form.copy().put("ignore_eos", true))), 0);
        assertThat(endless.getJsonObject("message").getString("content")).matches("[a-e]{30}");
        assertThat(endless.getString("finish_reason")).isEqualTo("stop");
        TestService.Reply nothing =
                service.chat(TestService.chatBody(form.copy().put("allowed_token_ids", new JsonArray().add(120))));
        assertThat(nothing.status()).isEqualTo(500);
        assertThat(nothing.body()).contains("no token is left to draw", "structure");
        // An id that ends an answer ends it where it may end, and is a text's elsewhere.
        JsonObject early = choice(
                service.chat(TestService.chatBody(form.copy()
                        .put("stop_token_ids", new JsonArray().add(97))
                        .put("temperature", 2))),
                0);
        assertThat(early.getJsonObject("message").getString("content")).matches("[b-e]{20,30}");
    }

    @Test
    void manyFormsAtATimeAndOneThatIsTooMuch() {
        List<TestService.Reply> replies = IntStream.range(0, 24)
                .parallel()
                .mapToObj(i -> service.chat(TestService.chatBody(
                        i % 4 == 3
                                ? outputs("regex", "[a-z".repeat(1 + i))
                                : outputs("regex", "(?:" + "ab?".repeat(i) + "x)+c{" + i + "}"))))
                .toList();
        for (int i = 0; i < replies.size(); i++) {
            if (i % 4 == 3) {
                assertThat(replies.get(i).status()).as(replies.get(i).body()).isEqualTo(400);
            } else if (choice(replies.get(i), 0).getString("finish_reason").equals("stop")) {
                assertThat(choice(replies.get(i), 0).getJsonObject("message").getString("content"))
                        .matches("(?:" + "ab?".repeat(i) + "x)+c{" + i + "}");
            }
        }
        TestService.Reply huge = service.chat(TestService.chatBody(outputs("regex", "a".repeat(300_000))));
        assertThat(huge.status()).isEqualTo(400);
        assertThat(huge.error().getString("param")).isEqualTo("structured_outputs.regex");
        assertThat(huge.error().getString("message")).contains("300000 characters");
    }
}
