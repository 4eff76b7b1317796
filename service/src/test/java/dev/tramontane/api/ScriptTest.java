package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** What tests of clients build on: a model that plays a script below a true service. */
class ScriptTest {
    private static final ChatLayout LAYOUT = MistralLayout.of(MistralVersion.V13);
    private static final JsonArray TOOLS = new JsonArray("""
            [{"type": "function", "function": {"name": "weather", "parameters": {}}}]""");

    private static JsonObject message(String role, String content) {
        return new JsonObject().put("role", role).put("content", content);
    }

    private static JsonObject chat(JsonArray messages) {
        return new JsonObject()
                .put("model", TestService.MODEL)
                .put("messages", messages)
                .put("tools", TOOLS);
    }

    private static JsonObject said(TestService service, JsonObject body) {
        TestService.Reply reply = service.chat(body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonArray("choices").getJsonObject(0).getJsonObject("message");
    }

    @Test
    void turnsOfADialogueAtAnyTemperature() {
        Script script = Script.mistral()
                .when("Brest", "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}")
                .when("12 degrees", "It is cold, très froid.");
        try (TestService service = TestService.playing(script, LAYOUT)) {
            JsonArray messages = new JsonArray().add(message("user", "How is Brest?"));
            JsonObject call = said(service, chat(messages).put("temperature", 2).put("seed", 3));
            assertThat(call.getJsonArray("tool_calls")
                            .getJsonObject(0)
                            .getJsonObject("function")
                            .getString("arguments"))
                    .isEqualTo("{\"city\": \"Brest\"}");
            messages.add(call)
                    .add(message("tool", "12 degrees")
                            .put(
                                    "tool_call_id",
                                    call.getJsonArray("tool_calls")
                                            .getJsonObject(0)
                                            .getString("id")));
            assertThat(said(service, chat(messages)).getString("content")).isEqualTo("It is cold, très froid.");
        }
    }

    @Test
    void aTextGoesOn() {
        try (TestService service = TestService.playing(Script.mistral().goingOn("def add(", "a, b):"), LAYOUT)) {
            TestService.Reply reply = service.completion(TestService.body("# sums\ndef add(", new JsonObject()));
            assertThat(reply.json().getJsonArray("choices").getJsonObject(0).getString("text"))
                    .isEqualTo("a, b):");
        }
    }

    @Test
    void whatHasNoLineFails() {
        TestService service = TestService.playing(Script.mistral().when("Brest", "Yes."), LAYOUT);
        assertThat(service.chat(TestService.chatBody(new JsonObject())).status())
                .isEqualTo(500);
        assertThatThrownBy(service::close)
                .hasMessageContaining("there is no line for")
                .hasMessageContaining("hi");
    }

    @Test
    void whatAMaskForbidsFails() {
        TestService service = TestService.playing(Script.mistral().when("hi", "ayb"), LAYOUT);
        JsonObject form = new JsonObject().put("structured_outputs", new JsonObject().put("regex", "[a-c]+"));
        assertThat(service.chat(TestService.chatBody(form)).status()).isEqualTo(500);
        assertThatThrownBy(service::close).hasMessageContaining("a mask forbids y after");
    }
}
