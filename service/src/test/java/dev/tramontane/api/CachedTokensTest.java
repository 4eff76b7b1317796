package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What clients are told of the part of their prompt that was there already. */
final class CachedTokensTest {
    private static final EngineConfig ENGINE = new EngineConfig(
            new EngineConfig.Step(4, 32, 32),
            new EngineConfig.Cache(16, CacheType.F32, 64 << 20),
            new EngineConfig.Admission(16, 1024, 4, 64, 1 << 20));

    private static TestService service() {
        return TestService.on(FakeModel.of(ByteTokenizer.SIZE, 0, 24), ENGINE, TestService.CONFIG);
    }

    private static JsonObject few() {
        return new JsonObject().put("max_tokens", 4).put("temperature", 0).put("ignore_eos", true);
    }

    private static int cached(TestService.Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json()
                .getJsonObject("usage")
                .getJsonObject("prompt_tokens_details")
                .getInteger("cached_tokens");
    }

    private static int prompt(TestService.Reply reply) {
        return reply.json().getJsonObject("usage").getInteger("prompt_tokens");
    }

    @Test
    void theSameCompletionAgain() {
        try (TestService service = service()) {
            JsonObject body = TestService.body("The quick brown fox jumps over the lazy dog", few());
            TestService.Reply first = service.completion(body);
            assertThat(cached(first)).isZero();
            TestService.Reply again = service.completion(body);
            assertThat(cached(again)).isEqualTo(prompt(first) - 1);
            assertThat(again.json().getJsonArray("choices"))
                    .isEqualTo(first.json().getJsonArray("choices"));
            assertThat(service.completion(body.copy().put("stream", true).put("stream_options", usage()))
                            .events()
                            .getLast()
                            .getJsonObject("usage")
                            .getJsonObject("prompt_tokens_details")
                            .getInteger("cached_tokens"))
                    .isEqualTo(prompt(first) - 1);
        }
    }

    private static JsonObject usage() {
        return new JsonObject().put("include_usage", true);
    }

    @Test
    void theSameChatAndTheSameResponseAgain() {
        try (TestService service = service()) {
            TestService.Reply chat = service.chat(TestService.chatBody(few()));
            assertThat(cached(service.chat(TestService.chatBody(few())))).isEqualTo(prompt(chat) - 1);
            JsonObject body = new JsonObject()
                    .put("model", TestService.MODEL)
                    .put("input", "The quick brown fox")
                    .put("max_output_tokens", 16)
                    .put("temperature", 0);
            JsonObject first =
                    service.post("/v1/responses", body.encode()).json().getJsonObject("usage");
            JsonObject again =
                    service.post("/v1/responses", body.encode()).json().getJsonObject("usage");
            assertThat(again.getJsonObject("input_tokens_details").getInteger("cached_tokens"))
                    .isEqualTo(first.getInteger("input_tokens") - 1);
        }
    }

    /** What nobody waited for the end of: told by the answer's deltas, not by its end. */
    @Test
    void anAnswerThatIsCancelled() {
        ScriptedEngine engine = new ScriptedEngine("abcdefgh");
        engine.cached = 3;
        try (TestService service = TestService.stepped(engine, TestService.CONFIG)) {
            JsonObject body = new JsonObject()
                    .put("model", TestService.MODEL)
                    .put("input", "Hello")
                    .put("background", true);
            String path = "/v1/responses/"
                    + service.post("/v1/responses", body.encode()).json().getString("id");
            TestService.eventually().until(() -> !engine.runs.isEmpty());
            TestService.eventually().until(() -> {
                engine.step();
                return service.get(path).body().contains("abc");
            });
            JsonObject usage = service.post(path + "/cancel", "").json().getJsonObject("usage");
            assertThat(usage.getJsonObject("input_tokens_details").getInteger("cached_tokens"))
                    .isEqualTo(3);
        }
    }

    @Test
    void everyChunkOfACountedStream() {
        ScriptedEngine engine = new ScriptedEngine("abcd", "efgh");
        engine.cached = 2;
        try (TestService service = TestService.running(engine, TestService.CONFIG)) {
            JsonObject counted = few().put("n", 2)
                    .put("stream", true)
                    .put("stream_options", usage().put("continuous_usage_stats", true));
            for (TestService.Reply reply : List.of(
                    service.chat(TestService.chatBody(counted)),
                    service.completion(TestService.body("The quick brown fox", counted)))) {
                List<JsonObject> chunks = reply.events().stream()
                        .filter(chunk -> chunk.getJsonObject("usage").getInteger("completion_tokens") > 0)
                        .toList();
                assertThat(chunks).as(reply.body()).hasSizeGreaterThanOrEqualTo(8);
                for (JsonObject chunk : chunks) {
                    assertThat(chunk.getJsonObject("usage")
                                    .getJsonObject("prompt_tokens_details")
                                    .getInteger("cached_tokens"))
                            .as(chunk.encode())
                            .isEqualTo(2);
                }
            }
        }
    }

    /** {@code cache_salt} keeps those apart for whom one client asks. */
    @Test
    void aSaltIsAWall() {
        try (TestService service = service()) {
            JsonObject body = TestService.body("The quick brown fox jumps over the lazy dog", few());
            TestService.Reply first = service.completion(body.copy().put("cache_salt", "a"));
            assertThat(cached(first)).isZero();
            assertThat(cached(service.completion(body.copy().put("cache_salt", "b"))))
                    .isZero();
            assertThat(cached(service.completion(body))).isZero();
            assertThat(cached(service.completion(body.copy().put("cache_salt", "a"))))
                    .isEqualTo(prompt(first) - 1);
            TestService.Reply empty = service.completion(body.copy().put("cache_salt", ""));
            assertThat(empty.status()).isEqualTo(400);
            assertThat(empty.body()).contains("cache_salt must be 1 to 256 characters");
            assertThat(service.completion(body.copy().put("cache_salt", "x".repeat(257)))
                            .status())
                    .isEqualTo(400);
        }
    }
}
