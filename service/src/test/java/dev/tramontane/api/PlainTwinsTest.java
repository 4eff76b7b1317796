package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What saves work or says more gives the same answer as the plain request that it stands for. */
@Tag("backends")
class PlainTwinsTest {
    private static final int WINDOW = 32;
    private static final int ANSWER = 40;

    @TempDir
    private static Path files;

    private static TestService service;

    @BeforeAll
    static void open() throws IOException {
        service = TestService.on(
                TinyModel.PLAIN.withWindow(WINDOW).load(files, Kernels.backend()),
                new EngineConfig(
                        new EngineConfig.Step(4, 32, 32),
                        new EngineConfig.Cache(16, Kernels.cacheType(CacheType.F32), 64 << 20),
                        new EngineConfig.Admission(16, 1024, 8, 64, 1 << 20)),
                TestService.CONFIG);
    }

    @AfterAll
    static void close() {
        service.close();
    }

    private static JsonObject plain(int prompt) {
        return TestService.body(
                "a window sees so much and no more. ".repeat(20).substring(0, prompt),
                new JsonObject().put("max_tokens", ANSWER).put("seed", 77).put("ignore_eos", true));
    }

    private static List<JsonObject> choices(JsonObject body) {
        TestService.Reply reply = service.completion(body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonArray("choices").stream()
                .map(JsonObject.class::cast)
                .toList();
    }

    private static String text(JsonObject body) {
        List<JsonObject> choices = choices(body);
        assertThat(choices).hasSize(1);
        return choices.getFirst().getString("text");
    }

    /** Prompts that share no page, a part of one, and more than the window keeps. */
    @ParameterizedTest
    @ValueSource(ints = {1, 9, 200})
    void choicesThatShareAPromptAreRequestsOfTheirOwn(int prompt) {
        List<JsonObject> together = choices(plain(prompt).put("n", 5).put("temperature", 0.9));
        assertThat(together).hasSize(5);
        for (int choice = 0; choice < 5; choice++) {
            String alone = text(plain(prompt).put("temperature", 0.9).put("seed", 77 + choice));
            assertThat(together.get(choice).getString("text"))
                    .as("choice %d", choice)
                    .isEqualTo(alone);
        }
        assertThat(together.stream().map(choice -> choice.getString("text"))).doesNotHaveDuplicates();
    }

    @Test
    void saidDefaultsAreUnsaidOnes() {
        String unsaid = text(plain(50));
        assertThat(text(plain(50)
                        .put("temperature", 1)
                        .put("top_p", 1)
                        .put("top_k", -1)
                        .put("min_p", 0)
                        .put("repetition_penalty", 1)
                        .put("presence_penalty", 0)
                        .put("frequency_penalty", 0)
                        .put("logit_bias", new JsonObject())
                        .put("n", 1)
                        .put("min_tokens", 0)
                        .put("stop", new JsonArray())
                        .put("stream", false)))
                .isEqualTo(unsaid);
        assertThat(text(plain(50).put("temperature", 0.3)))
                .as("a temperature shows")
                .isNotEqualTo(unsaid);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.8})
    void logprobsOnlySayMore(double temperature) {
        JsonObject body = plain(60).put("temperature", temperature);
        String silent = text(body);
        for (int tops : new int[] {0, 1, 5, 20}) {
            JsonObject told = choices(body.copy().put("logprobs", tops)).getFirst();
            assertThat(told.getString("text")).as("logprobs %d", tops).isEqualTo(silent);
            assertThat(told.getJsonObject("logprobs").getJsonArray("token_logprobs"))
                    .hasSize(ANSWER);
        }
        JsonObject echoed =
                choices(body.copy().put("echo", true).put("logprobs", 1)).getFirst();
        assertThat(echoed.getString("text")).isEqualTo(body.getString("prompt") + silent);
    }

    /** Filters so wide that they keep everything cost a sort, and change nothing. */
    @Test
    void filtersThatFilterNothingChangeNothing() {
        String unfiltered = text(plain(50).put("temperature", 0.9));
        assertThat(text(plain(50).put("temperature", 0.9).put("top_k", 1_000_000)))
                .isEqualTo(unfiltered);
        assertThat(text(plain(50).put("temperature", 0.9).put("min_p", 1e-30))).isEqualTo(unfiltered);
    }

    /** Of the most likely token only: greedy, whatever the temperature. */
    @Test
    void aSingleCandidateIsGreedy() {
        String greedy = text(plain(50).put("temperature", 0));
        assertThat(text(plain(50).put("temperature", 1.7).put("top_k", 1))).isEqualTo(greedy);
        assertThat(text(plain(50).put("temperature", 1.7).put("top_p", 1e-9))).isEqualTo(greedy);
        assertThat(text(plain(50).put("temperature", 1.7).put("min_p", 1))).isEqualTo(greedy);
    }
}
