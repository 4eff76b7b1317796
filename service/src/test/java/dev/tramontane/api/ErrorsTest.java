package dev.tramontane.api;

import static dev.tramontane.api.TestService.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.TestService.Reply;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ThrowingTokenizer;
import dev.tramontane.fixtures.ThrowingTokenizer.Place;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Errors of the machine, thrown wherever threads hand over, reach the client as one clear error over every route; the
 * books and gauges are even afterwards and a request beside it gets what it would get alone.
 */
class ErrorsTest {
    private static TestService service(Place place, String error) {
        Supplier<RuntimeException> thrown = () -> {
            switch (error) {
                case "memory" -> throw new OutOfMemoryError("on purpose");
                case "stack" -> throw new StackOverflowError("on purpose");
                default -> throw new NoClassDefFoundError("on purpose");
            }
        };
        return TestService.on(
                FakeModel.of(ByteTokenizer.SIZE, 0),
                new EngineConfig(
                        new EngineConfig.Step(4, 16, 8),
                        new EngineConfig.Cache(16, CacheType.F32, 1L << 30),
                        new EngineConfig.Admission(16, 4096, 8, 64, 1 << 16)),
                new ThrowingTokenizer(place, thrown),
                1L << 30);
    }

    private static JsonObject request(String prompt, boolean stream, float bias) {
        return TestService.body(
                prompt,
                new JsonObject()
                        .put("max_tokens", 30)
                        .put("n", 2)
                        .put("temperature", 0)
                        .put("ignore_eos", true)
                        .put("stream", stream)
                        .put("logprobs", 2)
                        .put("logit_bias", new JsonObject().put(Integer.toString(ThrowingTokenizer.BAD), bias)));
    }

    private static String choices(Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().getJsonArray("choices").encode();
    }

    private static void assertEven(TestService service) {
        eventually().until(() -> {
            EngineStatus books = service.engine.status();
            return books.queued() + books.running() + books.parked() + books.pagesUsed() + books.pagesReserved() == 0
                    && service.observer.openStreams.get() == 0
                    && service.memory.held() == 0;
        });
        assertThat(service.engine.status().healthy()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "ENCODE,memory,false", "ENCODE,stack,true", "ENCODE,linkage,true",
        "DECODE,memory,true", "DECODE,stack,false", "DECODE,linkage,false",
        "BYTES,memory,false", "BYTES,stack,true", "BYTES,linkage,true"
    })
    void inAGeneration(Place place, String error, boolean stream) throws Exception {
        try (TestService service = service(place, error)) {
            JsonObject mate = request("mate", false, -100);
            String alone = choices(service.completion(mate));
            CompletableFuture<Reply> beside = CompletableFuture.supplyAsync(() -> service.completion(mate));
            for (int i = 0; i < 3; i++) {
                Reply bad = service.completion(request("#", stream, 100));
                String word = place == Place.ENCODE
                        ? "The server failed to prepare the prompt."
                        : "The server failed while generating.";
                assertThat(bad.body()).containsOnlyOnce("\"error\"").containsOnlyOnce(word);
                if (bad.status() == 200) { // Once a stream has begun the error is its last event.
                    assertThat(stream).isTrue();
                    assertThat(bad.body()).endsWith("data: [DONE]\n\n");
                } else {
                    assertThat(bad.status()).isEqualTo(500);
                }
            }
            assertThat(choices(beside.get(3, TimeUnit.MINUTES))).isEqualTo(alone);
            assertThat(choices(service.completion(mate))).isEqualTo(alone);
            assertEven(service);
        }
    }

    /** With several prompts an operator stands between, which an error must not leave halfway. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void amongSeveralPrompts(boolean stream) {
        try (TestService service = service(Place.DECODE, "memory")) {
            JsonObject bad = request("", stream, 100)
                    .put("prompt", new JsonArray().add("a").add("b").add("c"));
            Reply reply = service.completion(bad);
            assertThat(reply.body()).containsOnlyOnce("\"error\"").contains("The server failed while generating.");
            assertEven(service);
        }
    }

    /** The answer is written on a prompt thread, inside an operator. */
    @ParameterizedTest
    @ValueSource(strings = {"memory", "stack", "linkage"})
    void whileAnAnswerIsWritten(String error) {
        try (TestService service = service(Place.PIECE, error)) {
            for (int i = 0; i < 8; i++) { // More often than there are prompt threads.
                Reply bad = service.post(
                        "/tokenize",
                        TestService.body("a#", new JsonObject().put("return_token_strs", true))
                                .encode());
                assertThat(bad.status()).isEqualTo(500);
                assertThat(bad.error().getString("code")).isEqualTo("internal_error");
            }
            assertThat(service.post(
                                    "/tokenize",
                                    TestService.body("a", new JsonObject()).encode())
                            .status())
                    .isEqualTo(200);
            assertEven(service);
        }
    }
}
