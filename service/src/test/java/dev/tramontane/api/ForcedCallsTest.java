package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Documents;
import dev.tramontane.fixtures.Script;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabularies;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Calls that a request forces, of a model that draws tokens by chance: what is a call, and one that fits, is so because of masks.
 */
final class ForcedCallsTest {
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final int SEEDS = 3;
    private static final int ROOM = 200;

    /** Schemas of every shape that a call's arguments have: references into their own root, bounds, choices, none at all. */
    private static final JsonArray TOOLS = new JsonArray("""
        [{"type": "function", "function": {"name": "weather", "strict": true, "parameters": {"type": "object",
           "properties": {"city": {"type": "string", "enum": ["Brest", "Orléans"]}, "unit": {"enum": ["C", "F\\"é"]}},
           "required": ["city", "unit"], "additionalProperties": false}}},
         {"type": "function", "function": {"name": "weather_at", "parameters": {"type": "object",
           "$defs": {"degrees": {"type": "integer", "minimum": -90, "maximum": 90}},
           "properties": {"at": {"type": "array", "items": {"$ref": "#/$defs/degrees"}, "minItems": 2, "maxItems": 2}},
           "required": ["at"], "additionalProperties": false}}},
         {"type": "function", "function": {"name": "now", "parameters": {"type": "object",
           "properties": {"zone": {"type": ["boolean", "null"]}}, "additionalProperties": false}}}]\
        """);

    /** A model's style, with or without control tokens for its marks. */
    record Style(String name, ChatLayout layout, List<String> controls) {
        Tokenizer tokenizer() {
            return Tokenizers.of(Vocabularies.bytes("gpt-2", controls));
        }

        TestService service() {
            return TestService.drawing(tokenizer(), layout);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Style mistral(MistralVersion version) {
        MistralSettings settings = new MistralSettings(List.of("none", "high"), "none", false);
        ChatLayout layout =
                version == MistralVersion.V15 ? MistralLayout.of(version, settings) : MistralLayout.of(version);
        List<String> controls = new ArrayList<>(version.controlTokens());
        controls.removeAll(List.of("[THINK]", "[/THINK]"));
        if (version.compareTo(MistralVersion.V13) >= 0) {
            controls.addAll(List.of("[THINK]", "[/THINK]"));
        }
        return new Style(version.name(), layout, controls);
    }

    private static Style spelled(String name, CallStyle calls, ThoughtStyle thoughts, String... controls) {
        MistralVersion version = MistralVersion.V3_TEKKEN;
        List<String> all = new ArrayList<>(version.controlTokens());
        all.addAll(List.of(controls));
        if (controls.length == 0) {
            all.remove("[TOOL_CALLS]");
        }
        ChatLayout layout = MistralLayout.of(version).answeredIn(new AnswerStyle(calls, thoughts));
        return new Style(name, layout, all);
    }

    static Stream<Style> styles() {
        return Stream.of(
                mistral(MistralVersion.V3_TEKKEN),
                mistral(MistralVersion.V7),
                mistral(MistralVersion.V11),
                mistral(MistralVersion.V13),
                mistral(MistralVersion.V15),
                spelled("array", CallStyle.ARRAY, null),
                spelled("hermes", CallStyle.OBJECT, null),
                spelled("hermes, thinking", CallStyle.OBJECT, ThoughtStyle.TAGS),
                spelled("hermes, controls", CallStyle.OBJECT, null, "<tool_call>", "</tool_call>"),
                spelled("hermes, one control", CallStyle.OBJECT, null, "<tool_call>"),
                spelled(
                        "hermes, thinking controls",
                        CallStyle.OBJECT,
                        ThoughtStyle.TAGS,
                        "<tool_call>",
                        "</tool_call>",
                        "<think>",
                        "</think>"),
                spelled("llama 3", CallStyle.BARE, null),
                spelled("qwen 3 coder", CallStyle.TAGGED, null),
                spelled("qwen 3 coder, controls", CallStyle.TAGGED, null, "<tool_call>", "</tool_call>"));
    }

    private static JsonObject asking(int seed, JsonObject more) {
        return TestService.chatBody(new JsonObject()
                .put("tools", TOOLS)
                .put("seed", seed)
                .put("max_tokens", ROOM)
                .mergeIn(more));
    }

    private static JsonObject choice(TestService service, JsonObject body) {
        TestService.Reply reply = service.post("/v1/chat/completions", body.encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonArray("choices").getJsonObject(0);
    }

    private static JsonArray calls(JsonObject choice) {
        return choice.getJsonObject("message").getJsonArray("tool_calls", new JsonArray());
    }

    /** Names of the calls, all of whose arguments are valid but those of a last one that was cut. */
    private static List<String> validCalls(JsonObject choice) {
        List<String> names = new ArrayList<>();
        JsonArray calls = calls(choice);
        for (int i = 0; i < calls.size(); i++) {
            JsonObject function = calls.getJsonObject(i).getJsonObject("function");
            String name = function.getString("name");
            names.add(name);
            boolean cut = choice.getString("finish_reason").equals("length") && i == calls.size() - 1;
            String schema = TOOLS.stream()
                    .map(tool -> ((JsonObject) tool).getJsonObject("function"))
                    .filter(tool -> tool.getString("name").equals(name))
                    .findFirst()
                    .orElseThrow()
                    .getJsonObject("parameters")
                    .encode();
            if (!cut) {
                assertThat(REGISTRY.getSchema(schema).validate(function.getString("arguments"), InputFormat.JSON))
                        .as(function.encode())
                        .isEmpty();
            }
        }
        return names;
    }

    @ParameterizedTest
    @MethodSource("styles")
    void callsOfEveryKind(Style style) {
        try (TestService service = style.service()) {
            int whole = 0;
            for (int seed = 0; seed < SEEDS; seed++) {
                whole += required(service, seed) ? 1 : 0;
                named(service, seed);
                onlyOne(service, seed);
                strictWhereTheModelCallsByItself(service, seed);
            }
            assertThat(whole > 0 || style.layout().form().thoughts() != null)
                    .as("some answer was not cut")
                    .isTrue();
            JsonObject cut = choice(
                    service,
                    asking(1, new JsonObject().put("tool_choice", "required").put("max_tokens", 3)));
            assertThat(cut.getString("finish_reason")).isEqualTo("length");
        }
    }

    private static boolean required(TestService service, int seed) {
        JsonObject choice = choice(service, asking(seed, new JsonObject().put("tool_choice", "required")));
        List<String> called = validCalls(choice);
        if (choice.getString("finish_reason").equals("length")) {
            return false;
        }
        assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
        assertThat(choice.getJsonObject("message").getValue("content")).isNull();
        assertThat(called).isNotEmpty();
        return true;
    }

    private static void named(TestService service, int seed) {
        JsonObject choice = choice(
                service,
                asking(
                        seed,
                        new JsonObject("{\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\":"
                                + " \"weather_at\"}}}")));
        if (!choice.getString("finish_reason").equals("length")) {
            assertThat(choice.getString("finish_reason")).as("as OpenAI has it").isEqualTo("stop");
            assertThat(validCalls(choice)).containsExactly("weather_at");
        }
    }

    private static void onlyOne(TestService service, int seed) {
        JsonObject choice = choice(
                service, asking(seed, new JsonObject("{\"tool_choice\": \"any\", \"parallel_tool_calls\": false}")));
        if (!choice.getString("finish_reason").equals("length")) {
            assertThat(validCalls(choice)).hasSize(1);
        }
    }

    /** Words are free, and where a call opens it is one of those that are allowed, and fits. */
    private static void strictWhereTheModelCallsByItself(TestService service, int seed) {
        JsonObject allowed = new JsonObject("""
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [
             {"type": "function", "function": {"name": "weather"}}]}}}\
            """);
        assertThat(validCalls(choice(service, asking(seed, allowed)))).allMatch("weather"::equals);
    }

    /** Before a forced call a thought is allowed, of so many tokens; usage counts them. */
    @Test
    void thoughtsOfABudgetBeforeACall() {
        Style style = mistral(MistralVersion.V13);
        int open = style.tokenizer().controlId("[THINK]").orElseThrow();
        int close = style.tokenizer().controlId("[/THINK]").orElseThrow();
        try (TestService service = style.service()) {
            int thought = 0;
            for (int seed = 0; seed < 6 * SEEDS; seed++) {
                TestService.Reply reply = service.post(
                        "/v1/chat/completions",
                        asking(seed, new JsonObject("{\"tool_choice\": \"required\", \"return_token_ids\": true}"))
                                .put(seed % 2 == 0 ? "thinking_token_budget" : "thinking_budget", 5)
                                .encode());
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                JsonObject choice = reply.json().getJsonArray("choices").getJsonObject(0);
                int thinking = 0;
                boolean inside = false;
                for (Object id : choice.getJsonArray("token_ids")) {
                    inside = inside ? !id.equals(close) : id.equals(open);
                    thinking += inside && !id.equals(open) ? 1 : 0;
                }
                JsonObject details = reply.json().getJsonObject("usage").getJsonObject("completion_tokens_details");
                assertThat(details == null ? 0 : details.getInteger("reasoning_tokens"))
                        .isEqualTo(thinking)
                        .isLessThanOrEqualTo(8); // The fifth may begin a character.
                thought += thinking > 0 ? 1 : 0;
                validCalls(choice);
            }
            assertThat(thought).as("answers with a thought").isPositive();
        }
    }

    /** A call ends the thought in which it begins, for its budget too: no end of a thought is drawn into its arguments. */
    @Test
    void aCallWithinAThoughtIsNotCutByItsBudget() {
        String arguments = "{\"city\": \"Brest\", \"unit\": \"C\"}";
        Script script = Script.mistral()
                .when("within", "«[THINK]»Hm«[TOOL_CALLS]»weather«[ARGS]»" + arguments)
                .when("forced", "«[THINK]»Hm«[/THINK]»«[TOOL_CALLS]»weather«[ARGS]»" + arguments);
        try (TestService service = TestService.playing(script, MistralLayout.of(MistralVersion.V13))) {
            for (String marker : List.of("within", "forced")) {
                JsonArray tools = TOOLS.copy();
                tools.getJsonObject(0).getJsonObject("function").remove("strict");
                JsonObject body = asking(1, JsonObject.of("thinking_token_budget", 3, "tools", tools))
                        .put("messages", JsonArray.of(JsonObject.of("role", "user", "content", marker)))
                        .put("tool_choice", marker.equals("forced") ? "required" : "auto");
                TestService.Reply reply = service.chat(body);
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                JsonObject choice = reply.json().getJsonArray("choices").getJsonObject(0);
                JsonObject message = choice.getJsonObject("message");
                assertThat(message.getString("reasoning_content")).isEqualTo("Hm");
                assertThat(calls(choice)
                                .getJsonObject(0)
                                .getJsonObject("function")
                                .getString("arguments"))
                        .isEqualTo(arguments);
                assertThat(reply.json()
                                .getJsonObject("usage")
                                .getJsonObject("completion_tokens_details")
                                .getInteger("reasoning_tokens"))
                        .isEqualTo(2);
            }
        }
    }

    /** Marks that are text are a thought's where the answer begins; in a document or in words they are what they spell. */
    @Test
    void marksOfThoughtsInDocuments() {
        String document = "{\"tag\": \"<think>hm</think>\"}";
        Script script = Script.mistral().when("Which", document).when("First", "<think>Ah.</think>\n" + document);
        ChatLayout layout = MistralLayout.of(MistralVersion.V3_TEKKEN)
                .answeredIn(new AnswerStyle(CallStyle.OBJECT, ThoughtStyle.TAGS));
        try (TestService service = TestService.playing(script, layout)) {
            for (String marker : List.of("Which", "First")) {
                for (String form : List.of("{\"response_format\": {\"type\": \"json_object\"}}", "{}")) {
                    JsonObject body = new JsonObject(form)
                            .put("thinking_token_budget", 3)
                            .put("messages", JsonArray.of(JsonObject.of("role", "user", "content", marker)));
                    JsonObject message = choice(service, body).getJsonObject("message");
                    assertThat(message.getString("content")).isEqualTo(document);
                    assertThat(message.getString("reasoning_content")).isEqualTo(marker.equals("First") ? "Ah." : null);
                }
            }
        }
    }

    /** The same of responses, which count as chats do. */
    @Test
    void thoughtsOfABudgetInResponses() {
        try (TestService service = mistral(MistralVersion.V13).service()) {
            int thought = 0;
            for (int seed = 0; seed < 3 * SEEDS; seed++) {
                TestService.Reply reply = service.post(
                        "/v1/responses",
                        JsonObject.of("input", "hi", "tools", TOOLS, "tool_choice", "required", "seed", seed)
                                .put("max_output_tokens", ROOM)
                                .put(seed % 2 == 0 ? "thinking_token_budget" : "thinking_budget", 5)
                                .encode());
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                int tokens = reply.json()
                        .getJsonObject("usage")
                        .getJsonObject("output_tokens_details")
                        .getInteger("reasoning_tokens");
                assertThat(tokens).isLessThanOrEqualTo(8); // The fifth may begin a character.
                thought += tokens > 0 ? 1 : 0;
            }
            assertThat(thought).as("answers with a thought").isPositive();
        }
    }

    /** Three answers of one batch are those that come alone. */
    @Test
    void togetherAsAlone() {
        for (Style style : List.of(mistral(MistralVersion.V13), spelled("hermes", CallStyle.OBJECT, null))) {
            try (TestService service = style.service()) {
                JsonObject asked = new JsonObject()
                        .put("tool_choice", "required")
                        .put("return_token_ids", true)
                        .put("max_tokens", 90);
                JsonArray together = service.post(
                                "/v1/chat/completions",
                                asking(5, asked.copy().put("n", 3)).encode())
                        .json()
                        .getJsonArray("choices");
                for (int i = 0; i < 3; i++) {
                    assertThat(together.getJsonObject(i).getJsonArray("token_ids"))
                            .isEqualTo(choice(service, asking(5 + i, asked)).getJsonArray("token_ids"));
                }
            }
        }
    }

    @Test
    void aBudgetNeedsThoughts() {
        try (TestService service = mistral(MistralVersion.V3_TEKKEN).service()) {
            TestService.Reply reply = service.post(
                    "/v1/chat/completions",
                    TestService.chatBody(new JsonObject().put("thinking_token_budget", 5))
                            .encode());
            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.json().getJsonObject("error").getString("param")).isEqualTo("thinking_token_budget");
        }
    }

    /** The request that docs/tools.md shows. */
    @Test
    void theDocumentsExample() {
        String document = Documents.text("docs/tools.md");
        int begin = document.indexOf("```json\n") + "```json\n".length();
        JsonObject body = new JsonObject(document.substring(begin, document.indexOf("```", begin)));
        try (TestService service = mistral(MistralVersion.V3_TEKKEN).service()) {
            JsonObject choice = choice(service, body.put("seed", 1));
            assertThat(choice.getString("finish_reason")).isEqualTo("tool_calls");
            JsonObject function = calls(choice).getJsonObject(0).getJsonObject("function");
            assertThat(function.getString("name")).isEqualTo("weather");
            assertThat(new JsonObject(function.getString("arguments")).getString("city"))
                    .hasSizeLessThanOrEqualTo(80);
            assertThat(calls(choice)).hasSize(1);
        }
    }

    /** A form is one of words: tools may be called instead. */
    @Test
    void aFormOfWordsBesideTools() {
        Style style = mistral(MistralVersion.V13);
        JsonObject form =
                new JsonObject("{\"structured_outputs\": {\"choice\": [\"yes\", \"no\"]}, \"temperature\": 8}");
        try (TestService service = style.service()) {
            Set<String> kinds = new HashSet<>();
            for (int seed = 0; seed < 10 * SEEDS; seed++) {
                JsonObject choice = choice(service, asking(seed, form));
                String content = choice.getJsonObject("message").getString("content");
                if (choice.getString("finish_reason").equals("length")) {
                    continue; // Thoughts may be long, and arguments that needn't follow a schema.
                }
                if (calls(choice).isEmpty()) {
                    assertThat(content).isIn("yes", "no");
                    kinds.add("words");
                } else {
                    assertThat(content).isNull();
                    kinds.add("calls");
                }
            }
            assertThat(kinds).containsExactlyInAnyOrder("words", "calls");
        }
    }
}
