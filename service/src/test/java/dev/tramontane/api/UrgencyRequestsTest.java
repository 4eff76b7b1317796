package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.Urgency;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code deadline_ms}, its header and {@code priority} over HTTP, on a clock that the test drives. */
class UrgencyRequestsTest {
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final ScriptedEngine engine = new ScriptedEngine("abcdef");
    private final AtomicLong clock = new AtomicLong(System.nanoTime());

    private TestService service() {
        engine.clock = clock::get;
        return TestService.stepped(engine, TestService.CONFIG);
    }

    private static JsonObject body(String path) {
        JsonObject body = JsonObject.of("seed", 1);
        return path.contains("chat")
                ? body.put("messages", JsonArray.of(JsonObject.of("role", "user", "content", "hi")))
                : body.put("prompt", "hi").put("max_tokens", 50);
    }

    private static CompletableFuture<TestService.Reply> sent(
            TestService service, String path, JsonObject body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CompletableFuture.supplyAsync(() -> service.send(request));
    }

    private ScriptedEngine.Run submitted(int number) {
        TestService.eventually().until(() -> engine.runs.size() > number);
        return engine.runs.get(number);
    }

    /** Drives the engine until the reply is there. */
    private TestService.Reply stepped(CompletableFuture<TestService.Reply> reply) {
        TestService.eventually().until(() -> {
            engine.step();
            return reply.isDone();
        });
        return reply.join();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, false",
        "/v1/chat/completions, true",
        "/v1/completions, false",
        "/v1/completions, true"
    })
    void whatIsThereWhenTheDeadlinePassesIsTheAnswer(String path, boolean stream) {
        try (TestService service = service()) {
            CompletableFuture<TestService.Reply> reply =
                    sent(service, path, body(path).put("deadline_ms", 60_000).put("stream", stream));
            ScriptedEngine.Run run = submitted(0);
            TestService.eventually().until(() -> {
                engine.step();
                return run.sampled() == 3;
            });
            clock.addAndGet(2 * MINUTE);
            TestService.Reply answer = stepped(reply);
            assertThat(answer.status()).isEqualTo(200);
            JsonObject choice;
            if (stream) {
                List<JsonObject> events = answer.events();
                choice = events.getLast().getJsonArray("choices").getJsonObject(0);
            } else {
                choice = answer.json().getJsonArray("choices").getJsonObject(0);
                String text = path.contains("chat")
                        ? choice.getJsonObject("message").getString("content")
                        : choice.getString("text");
                assertThat(text).isEqualTo("abc");
                assertThat(answer.json().getJsonObject("usage").getInteger("completion_tokens"))
                        .isEqualTo(3);
            }
            assertThat(choice.getString("finish_reason")).isEqualTo("length");
            assertThat(choice.getString("stop_reason")).isEqualTo("deadline_exceeded");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoGotNothingByThenGetsAnError(boolean stream) {
        String path = "/v1/chat/completions";
        try (TestService service = service()) {
            CompletableFuture<TestService.Reply> reply =
                    sent(service, path, body(path).put("deadline_ms", 60_000).put("stream", stream));
            submitted(0);
            clock.addAndGet(2 * MINUTE);
            TestService.Reply answer = stepped(reply);
            assertThat(answer.status()).isEqualTo(504);
            assertThat(answer.error().getString("code")).isEqualTo("deadline_exceeded");
            assertThat(answer.error().getString("type")).isEqualTo("timeout_error");
        }
    }

    /** It had passed before the engine was asked: the body may have come slowly, or the prompt waited to be encoded. */
    @Test
    void whatIsTooLateForTheEngineNeverComesThere() {
        try (TestService service = service()) {
            clock.addAndGet(2 * MINUTE);
            String path = "/v1/completions";
            TestService.Reply answer =
                    sent(service, path, body(path).put("deadline_ms", 60_000)).join();
            assertThat(answer.status()).isEqualTo(504);
            assertThat(engine.runs).isEmpty();
        }
    }

    @Test
    void theNearerOfBodyAndHeaderCounts() {
        try (TestService service = service()) {
            String path = "/v1/completions";
            int number = 0;
            int[][] cases = {{500_000, 0, 500}, {0, 400_000, 400}, {300_000, 800_000, 300}, {900_000, 200_000, 200}};
            for (int[] each : cases) {
                JsonObject body = body(path).put("priority", -number);
                if (each[0] > 0) {
                    body.put("deadline_ms", each[0]);
                }
                long before = System.nanoTime();
                CompletableFuture<TestService.Reply> reply = each[1] > 0
                        ? sent(service, path, body, "X-Deadline-Ms", Integer.toString(each[1]))
                        : sent(service, path, body);
                Urgency urgency = submitted(number).submission.urgency();
                long left = urgency.deadlineNanos().orElseThrow() - TimeUnit.SECONDS.toNanos(each[2]);
                assertThat(left).as("it counts from the arrival").isBetween(before, System.nanoTime());
                assertThat(urgency.priority()).isEqualTo(-number);
                assertThat(stepped(reply).status()).isEqualTo(200);
                number++;
            }
            CompletableFuture<TestService.Reply> plain = sent(service, path, body(path));
            assertThat(submitted(number).submission.urgency()).isEqualTo(new Urgency(0, OptionalLong.empty()));
            stepped(plain);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1.5", "soon", "86400001", "999999999999", "+5", "5ms"})
    void aHeaderThatIsNoTimeIsRefused(String header) {
        try (TestService service = service()) {
            String path = "/v1/completions";
            TestService.Reply answer =
                    sent(service, path, body(path), "X-Deadline-Ms", header).join();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error().getString("code")).isEqualTo("invalid_header");
            assertThat(answer.error().getString("message")).contains("X-Deadline-Ms");
        }
    }

    @ParameterizedTest
    @CsvSource({"deadline_ms, 0", "deadline_ms, 86400001", "deadline_ms, 1.5", "priority, 1001", "priority, -1001"})
    void aFieldOutOfItsBoundsIsRefusedByName(String field, double value) {
        try (TestService service = service()) {
            String path = "/v1/completions";
            TestService.Reply answer = sent(
                            service,
                            path,
                            body(path).put(field, value == Math.rint(value) ? (Object) (long) value : value))
                    .join();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error().getString("param")).isEqualTo(field);
        }
    }
}
