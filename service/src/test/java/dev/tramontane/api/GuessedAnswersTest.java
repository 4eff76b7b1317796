package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What clients say of guesses, and what they are told of them. */
final class GuessedAnswersTest {
    private static final EngineConfig ENGINE = new EngineConfig(
            new EngineConfig.Step(4, 32, 32),
            new EngineConfig.Cache(16, CacheType.F32, 64 << 20),
            new EngineConfig.Admission(16, 1024, 4, 64, 1 << 20));

    private static TestService service() {
        return TestService.on(FakeModel.of(ByteTokenizer.SIZE, 0, 24), ENGINE, TestService.CONFIG);
    }

    private static JsonObject fields() {
        return new JsonObject()
                .put("max_tokens", 60)
                .put("temperature", 0.7)
                .put("seed", 5)
                .put("ignore_eos", true)
                .put(
                        "allowed_token_ids",
                        new JsonArray().add((int) 'a').add((int) 'b').add((int) 'c'));
    }

    private static JsonObject speculation(Object method, Object tokens) {
        return new JsonObject()
                .put("speculation", new JsonObject().put("method", method).put("tokens", tokens));
    }

    private static String text(TestService.Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        JsonObject choice = reply.json().getJsonArray("choices").getJsonObject(0);
        return choice.containsKey("text")
                ? choice.getString("text")
                : choice.getJsonObject("message").getString("content");
    }

    private static JsonObject details(JsonObject usage) {
        return usage.getJsonObject("completion_tokens_details", new JsonObject());
    }

    private static JsonObject details(TestService.Reply reply) {
        return details(reply.json().getJsonObject("usage"));
    }

    @Test
    void guessesAreToldAndTheAnswerIsTheSame() {
        try (TestService service = service()) {
            TestService.Reply plain = service.completion(TestService.body("abcabcabc", fields()));
            assertThat(details(plain)).isEmpty();
            for (JsonObject asked : List.of(
                    speculation("ngram", 4),
                    speculation("auto", 16),
                    new JsonObject().put("speculation", new JsonObject()),
                    new JsonObject().put("prompt_lookup_num_tokens", 3),
                    new JsonObject().put("speculative.n_max", 3))) {
                JsonObject body = TestService.body("abcabcabc", fields()).mergeIn(asked);
                TestService.Reply guessed = service.completion(body);
                assertThat(text(guessed)).isEqualTo(text(plain));
                int accepted = details(guessed).getInteger("accepted_prediction_tokens");
                assertThat(accepted).as(guessed.body()).isBetween(1, 59);
                assertThat(details(guessed).getInteger("rejected_prediction_tokens"))
                        .isPositive();
                JsonObject last = service.completion(body.copy()
                                .put("stream", true)
                                .put("stream_options", new JsonObject().put("include_usage", true)))
                        .events()
                        .getLast();
                // How many are made depends on measured times and on whoever else runs; what they are does not.
                assertThat(details(last.getJsonObject("usage")).getInteger("accepted_prediction_tokens"))
                        .isBetween(1, 59);
            }
            for (JsonObject off : List.of(
                    new JsonObject().put("speculation", new JsonObject().put("method", "off")),
                    new JsonObject().put("speculative.n_max", 0))) {
                TestService.Reply reply = service.completion(
                        TestService.body("abcabcabc", fields()).mergeIn(off));
                assertThat(text(reply)).isEqualTo(text(plain));
                assertThat(details(reply)).isEmpty();
            }
        }
    }

    @Test
    void whatIsPredictedComesFromThePrediction() {
        try (TestService service = service()) {
            JsonObject body = TestService.chatBody(
                    new JsonObject().put("max_tokens", 80).put("temperature", 0).put("ignore_eos", true));
            String answer = text(service.chat(body));
            String head = answer.substring(0, answer.length() / 2);
            String tail = answer.substring(head.length());
            for (Object content : List.of(
                    answer,
                    new JsonArray()
                            .add(new JsonObject().put("type", "text").put("text", head))
                            .add(new JsonObject().put("type", "text").put("text", tail)))) {
                TestService.Reply reply = service.chat(body.copy()
                        .put(
                                "prediction",
                                new JsonObject().put("type", "content").put("content", content)));
                assertThat(text(reply)).isEqualTo(answer);
                assertThat(details(reply).getInteger("accepted_prediction_tokens", 0))
                        .as("%s", reply.body())
                        .isPositive();
            }
        }
    }

    @Test
    void otherProtocolsGuessToo() {
        try (TestService service = service()) {
            JsonObject response = new JsonObject()
                    .put("model", TestService.MODEL)
                    .put("input", "aaaaaaaa")
                    .put("max_output_tokens", 16)
                    .put("temperature", 0);
            for (JsonObject asked : List.of(new JsonObject(), speculation("ngram", 4))) {
                TestService.Reply reply = service.post(
                        "/v1/responses", response.copy().mergeIn(asked).encode());
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
            }
            JsonObject inputs = new JsonObject()
                    .put("inputs", "abcabcabc")
                    .put("parameters", new JsonObject().put("max_new_tokens", 40));
            String plain = service.post("/generate", inputs.encode()).json().getString("generated_text");
            assertThat(service.post(
                                    "/generate",
                                    inputs.mergeIn(speculation("ngram", 4)).encode())
                            .json()
                            .getString("generated_text"))
                    .isEqualTo(plain);
        }
    }

    @Test
    void nonsenseIsRefusedByName() {
        try (TestService service = service()) {
            Map<JsonObject, String> refused = Map.of(
                    speculation("draft_model", 4), "speculation.method",
                    speculation("ngram", 0), "speculation.tokens",
                    speculation("ngram", 17), "speculation.tokens",
                    new JsonObject().put("speculation", true), "speculation",
                    new JsonObject().put("speculation", new JsonObject().put("k", 3)), "speculation.k",
                    speculation("ngram", 2).put("speculative.n_max", 3), "speculative.n_max",
                    new JsonObject().put("prompt_lookup_num_tokens", 0), "prompt_lookup_num_tokens",
                    new JsonObject().put("prediction", "text"), "prediction",
                    new JsonObject().put("prediction", new JsonObject().put("type", "content")), "prediction.content",
                    new JsonObject()
                                    .put(
                                            "prediction",
                                            new JsonObject()
                                                    .put("type", "voice")
                                                    .put("content", "a")),
                            "prediction.type");
            refused.forEach((asked, name) -> {
                TestService.Reply reply = service.chat(TestService.chatBody(asked));
                assertThat(reply.status()).as("%s: %s", asked, reply.body()).isEqualTo(400);
                assertThat(reply.json().getJsonObject("error").getString("param"))
                        .as(reply.body())
                        .isEqualTo(name);
            });
            assertThat(service.chat(TestService.chatBody(speculation("eagle", 4)))
                            .status())
                    .isEqualTo(400);
            TestService.Reply reply = service.chat(TestService.chatBody(new JsonObject()
                    .put("prediction", new JsonObject().put("type", "content").put("content", "a".repeat(3000)))));
            assertThat(reply.status()).as(reply.body()).isEqualTo(400);
            assertThat(reply.json().getJsonObject("error").getString("message")).contains("predicted text");
        }
    }
}
