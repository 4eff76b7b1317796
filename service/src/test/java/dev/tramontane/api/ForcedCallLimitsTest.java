package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabularies;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tools that cost too much together, and tools whose schemas are wrong: each answer says which tool is meant, whatever the model's calls look like. */
class ForcedCallLimitsTest {
    enum Style {
        /** Each tool has a part of its own. */
        NAMED,
        /** All tools are one text. */
        OBJECT,
        TAGGED;

        /** Shows no tools, so that a prompt has room beside very many. */
        ChatLayout layout() {
            return new SimpleLayout().answeredIn(new AnswerStyle(CallStyle.valueOf(name()), null));
        }
    }

    interface Parameters {
        JsonObject of(int tool);
    }

    private static JsonObject refused(Style style, int tools, Parameters parameters) {
        JsonArray all = new JsonArray(IntStream.range(0, tools)
                .<Object>mapToObj(i -> new JsonObject()
                        .put("type", "function")
                        .put("function", new JsonObject().put("name", "t" + i).put("parameters", parameters.of(i))))
                .toList());
        JsonObject body =
                TestService.chatBody(new JsonObject().put("tools", all).put("tool_choice", "required"));
        try (TestService service = TestService.drawing(
                Tokenizers.of(Vocabularies.bytes("gpt-2", MistralVersion.V11.controlTokens())), style.layout())) {
            TestService.Reply reply = service.post("/v1/chat/completions", body.encode());
            assertThat(reply.status()).as(reply.body()).isEqualTo(400);
            JsonObject error = reply.json().getJsonObject("error");
            assertThat(error.getString("param")).isEqualTo("tools");
            return error;
        }
    }

    private static JsonObject argument(JsonObject schema) {
        return new JsonObject()
                .put("type", "object")
                .put("properties", new JsonObject().put("a", schema))
                .put("required", new JsonArray().add("a"))
                .put("additionalProperties", false);
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(300)
    void manyToolsEachJustBelowTheLimitsAreRefusedByName(Style style) {
        JsonObject error = refused(
                style,
                200,
                tool -> argument(new JsonObject()
                        .put(
                                "anyOf",
                                new JsonArray()
                                        .add(new JsonObject()
                                                .put("type", "string")
                                                .put("pattern", "^(a|b)*a(a|b){30}" + tool + "$")
                                                .put("maxLength", 400)))));
        assertThat(error.getString("message")).matches("(?s)tools is refused: the tool t[0-9]{2,3}: .*");
    }

    @ParameterizedTest
    @EnumSource
    void aSchemaThatIsNotSupportedIsToldByItsTool(Style style) {
        JsonObject error = refused(
                style,
                5,
                tool -> argument(
                        tool == 3
                                ? new JsonObject().put("type", "integer").put("$anchor", "a")
                                : new JsonObject().put("type", "integer")));
        assertThat(error.getString("message"))
                .startsWith("tools is refused: the tool t3: the keyword \"$anchor\" is not supported");
    }

    /** Conditions that contradict each other: no call is possible. */
    @ParameterizedTest
    @EnumSource
    void aSchemaThatAllowsNothingIsToldByItsTool(Style style) {
        JsonObject impossible = new JsonObject("{\"type\": \"integer\", \"minimum\": 5, \"maximum\": 2}");
        JsonObject error = refused(style, 1, tool -> argument(impossible));
        assertThat(error.getString("message")).isEqualTo("tools is refused: the tool t0: no text at all is allowed.");
    }

    @ParameterizedTest
    @EnumSource
    void aThousandToolsAreTooMany(Style style) {
        JsonObject error = refused(style, 1000, tool -> new JsonObject());
        assertThat(error.getString("message")).contains("at most 512 tools", "these are 1000");
    }
}
