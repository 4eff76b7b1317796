package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From the socket to the kernels and back, with a windowed model from a file. */
@Tag("backends")
class NativeServiceTest {
    private static final int WINDOW = 48;

    @TempDir
    private Path files;

    private TestService service(Backend backend) throws IOException {
        return TestService.on(
                TinyModel.PLAIN.withWindow(WINDOW).load(files, backend),
                new EngineConfig(
                        new EngineConfig.Step(4, 32, 32),
                        new EngineConfig.Cache(16, Kernels.cacheType(CacheType.F32), 64 << 20),
                        new EngineConfig.Admission(16, 1024, 4, 64, 1 << 20)),
                TestService.CONFIG);
    }

    private static JsonObject body(int i) {
        return TestService.body(
                "The quick brown fox, number " + i + ", ",
                new JsonObject()
                        .put("max_tokens", WINDOW + 20)
                        .put("ignore_eos", true)
                        .put("temperature", i % 2)
                        .put("logprobs", 2)
                        .put("seed", i));
    }

    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backends")
    void togetherAsAloneStreamedAsWhole(Backend backend) throws IOException {
        try (TestService service = service(backend)) {
            List<JsonArray> alone = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                TestService.Reply reply = service.completion(body(i));
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                alone.add(reply.json().getJsonArray("choices"));
            }
            List<CompletableFuture<TestService.Reply>> together = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                JsonObject body = body(i).put("stream", true);
                together.add(CompletableFuture.supplyAsync(() -> service.completion(body)));
            }
            for (int i = 0; i < 4; i++) {
                StringBuilder text = new StringBuilder();
                JsonArray logprobs = new JsonArray();
                for (JsonObject event : together.get(i).join().events()) {
                    JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
                    text.append(choice.getString("text"));
                    if (choice.getJsonObject("logprobs") != null) {
                        logprobs.addAll(choice.getJsonObject("logprobs").getJsonArray("token_logprobs"));
                    }
                }
                JsonObject whole = alone.get(i).getJsonObject(0);
                assertThat(text.toString()).isEqualTo(whole.getString("text"));
                assertThat(logprobs).isEqualTo(whole.getJsonObject("logprobs").getJsonArray("token_logprobs"));
            }
            TestService.eventually().until(() -> service.engine.status().pagesUsed() == 0);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backends")
    void aScoredAnswerHasTheLogprobsItWasDrawnWith(Backend backend) throws IOException {
        try (TestService service = service(backend)) {
            JsonObject sampled = service.completion(
                            body(0).put("max_tokens", 20).put("return_token_ids", true))
                    .json()
                    .getJsonArray("choices")
                    .getJsonObject(0);
            JsonArray ids = sampled.getJsonArray("prompt_token_ids").copy().addAll(sampled.getJsonArray("token_ids"));
            JsonArray scored = service.completion(new JsonObject()
                            .put("prompt", ids)
                            .put("echo", true)
                            .put("logprobs", 1)
                            .put("max_tokens", 0))
                    .json()
                    .getJsonArray("choices")
                    .getJsonObject(0)
                    .getJsonObject("logprobs")
                    .getJsonArray("token_logprobs");
            JsonArray expected = sampled.getJsonObject("logprobs").getJsonArray("token_logprobs");
            for (int i = 0; i < 20; i++) {
                assertThat(scored.getDouble(scored.size() - 20 + i)).isEqualTo(expected.getDouble(i));
            }
        }
    }
}
