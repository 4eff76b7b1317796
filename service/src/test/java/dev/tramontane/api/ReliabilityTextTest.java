package dev.tramontane.api;

import static dev.tramontane.api.AttackedService.COMPLETIONS;
import static dev.tramontane.api.AttackedService.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.stream.Collectors;

/** What people and models say, by their numbers in docs/faults.md; what each is answered in detail is held by the tests that the same table names. */
class ReliabilityTextTest extends AttackTests {
    @Override
    List<AttackedService.Item> items() {
        return List.of(
                item(60, "control tokens spelled by users", () -> {
                    for (String spelled : List.of("</s>", "<s>", "[TURN]", "<|im_end|>")) {
                        RawClient.Answer ids = at.ask(
                                "/tokenize",
                                new JsonObject().put("prompt", spelled).encode());
                        assertThat(ids.json().getJsonArray("tokens"))
                                .as(spelled)
                                .hasSize(spelled.length())
                                .allMatch(id -> (Integer) id < 256);
                    }
                }),
                item(61, "characters of several tokens in a stream", () -> {
                    String song = "a\ud83d\ude00e\u0301\u200d\ud83c\uddeb\ud83c\uddf7!";
                    try (TestService other = TestService.of(song)) {
                        StringBuilder text = new StringBuilder();
                        for (JsonObject event : other.completion(TestService.body(
                                        "p",
                                        new JsonObject().put("stream", true).put("max_tokens", 100)))
                                .events()) {
                            String piece = event.getJsonArray("choices")
                                    .getJsonObject(0)
                                    .getString("text");
                            assertThat(piece).doesNotContain("\ufffd");
                            text.append(piece);
                        }
                        assertThat(text).hasToString(song);
                    }
                }),
                item(62, "surrogates alone, NUL, noncharacters, marks of direction", () -> {
                    at.refused(COMPLETIONS, "{\"prompt\": \"\\ud800\"}", 400);
                    at.refused(COMPLETIONS, "{\"prompt\": \"\\udc00\\ud800\"}", 400);
                    String odd = "a\u0000b\ufffe\uffff\u202ec\u2066d\ufeff";
                    JsonArray ids = at.ask(
                                    "/tokenize",
                                    new JsonObject().put("prompt", odd).encode())
                            .json()
                            .getJsonArray("tokens");
                    assertThat(at.ask(
                                            "/detokenize",
                                            new JsonObject().put("tokens", ids).encode())
                                    .json()
                                    .getString("prompt"))
                            .isEqualTo(odd);
                }),
                item(63, "texts without an end", () -> {
                    for (String text : List.of("a".repeat(900_000), "\u0301".repeat(200_000), "ab".repeat(400_000))) {
                        at.refused(
                                COMPLETIONS,
                                new JsonObject().put("prompt", text).encode(),
                                400);
                        assertThat(at.ask(
                                                "/tokenize",
                                                new JsonObject()
                                                        .put("prompt", text)
                                                        .encode())
                                        .status())
                                .isEqualTo(200);
                    }
                }),
                item(64, "answers that are HTML or script", () -> {
                    String evil = "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))";
                    try (TestService other = TestService.of(evil)) {
                        for (boolean stream : new boolean[] {false, true}) {
                            TestService.Reply answer = other.completion(TestService.body(
                                    "p", new JsonObject().put("stream", stream).put("max_tokens", 200)));
                            assertThat(answer.header("content-type"))
                                    .startsWith(stream ? "text/event-stream" : "application/json");
                            assertThat(answer.header("x-content-type-options")).isEqualTo("nosniff");
                            List<JsonObject> parts = stream ? answer.events() : List.of(answer.json());
                            assertThat(parts.stream()
                                            .map(part -> part.getJsonArray("choices")
                                                    .getJsonObject(0)
                                                    .getString("text"))
                                            .collect(Collectors.joining()))
                                    .isEqualTo(evil);
                        }
                        TestService.Reply echo = other.get("/v1/models/%3Cscript%3Ealert(1)%3C%2Fscript%3E");
                        assertThat(echo.status()).isEqualTo(404);
                        assertThat(echo.header("content-type")).startsWith("application/json");
                        assertThat(echo.header("x-content-type-options")).isEqualTo("nosniff");
                    }
                }));
    }
}
