package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Readers that stand still and readers that leave, on the engine loop with a fake model: items 25 and 26 of the attack
 * catalogue (reliability, section 4).
 */
class PacedSocketTest {
    private static final int ANSWER = 6000;

    private static final TransportLimits SMALL_BUFFERS = new TransportLimits(
            1000, 4096, 8192, 1 << 20, Duration.ofSeconds(30), Duration.ofSeconds(60), 16 << 10, 8 << 10);

    private static ApiConfig config(int lookAhead) {
        return TestService.config(SMALL_BUFFERS, lookAhead, Duration.ofSeconds(15));
    }

    private static EngineConfig engine(int lanes, int slots, int tokenBudget) {
        return new EngineConfig(
                new EngineConfig.Step(lanes, tokenBudget, lanes),
                new EngineConfig.Cache(16, CacheType.F16, 16 << 20),
                new EngineConfig.Admission(slots, 8192, Math.min(4, slots), 64, 1 << 20));
    }

    private static String body(int maxTokens, boolean stream, int seed) {
        return new JsonObject()
                .put("prompt", "tell me")
                .put("max_tokens", maxTokens)
                .put("ignore_eos", true)
                .put("seed", seed)
                .put("stream", stream)
                .encode();
    }

    private static Socket open(TestService service, String body) throws IOException {
        Socket socket = service.connect();
        socket.getOutputStream()
                .write(TestService.request("/v1/completions", body).getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    private static EngineStatus status(TestService service) {
        return service.engine.status();
    }

    @Test
    void aReaderThatStandsStillParksItsSequenceAndThenGetsEverything() throws IOException {
        int lookAhead = 32;
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        try (TestService service = TestService.on(model, engine(4, 8, 32), config(lookAhead));
                Socket still = open(service, body(ANSWER, true, 7))) {
            AtomicInteger posted = new AtomicInteger();
            // It stands still once another's answer passes without a token of its own.
            TestService.eventually().until(() -> {
                long before = status(service).generatedTokens();
                posted.incrementAndGet();
                service.post("/v1/completions", body(50, false, 1));
                return status(service).parked() == 1 && status(service).generatedTokens() == before + 50;
            });
            long generated = status(service).generatedTokens() - 50L * posted.get();
            // Sockets of 40 KB on both sides, a write queue of 8 KB and the look-ahead: some 500 tokens of 150 bytes.
            // Kernels count their buffers generously, so twice that is allowed.
            assertThat(generated).isGreaterThan(lookAhead).isLessThan(ANSWER / 6);
            String streamed = text(readStream(still));
            String whole = service.post("/v1/completions", body(ANSWER, false, 7))
                    .json()
                    .getJsonArray("choices")
                    .getJsonObject(0)
                    .getString("text");
            assertThat(streamed).isEqualTo(whole);
            // It is told after the step that sent the last token.
            TestService.eventually().until(() -> status(service).pagesUsed() == 0);
        }
    }

    @Test
    void manyStalledReadersLeaveTheLivelyOnesAlone() throws IOException {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        int stalled = 30;
        List<Socket> sockets = new ArrayList<>();
        try (TestService service = TestService.on(model, engine(4, 64, 32), config(16))) {
            for (int i = 0; i < stalled; i++) {
                sockets.add(open(service, body(ANSWER, true, i)));
            }
            TestService.eventually().until(() -> status(service).parked() == stalled);
            for (int i = 0; i < 2; i++) {
                TestService.Reply lively = service.post("/v1/completions", body(500, true, i));
                assertThat(text(lively.body()).length()).isPositive();
            }
            TestService.eventually().until(() -> status(service).parked() == stalled);
            for (Socket socket : sockets) {
                socket.close();
            }
            TestService.eventually().until(() -> status(service).pagesUsed() == 0);
            TestService.eventually().until(() -> service.observer.openStreams.get() == 0);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void stoppingDoesNotWaitForAReaderThatStandsStill() throws Exception {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        try (TestService service = TestService.on(model, engine(4, 8, 32), config(16));
                Socket still = open(service, body(ANSWER, true, 1))) {
            TestService.eventually().until(() -> status(service).parked() == 1);
            service.service.stop(Duration.ofMillis(10)).await(3, TimeUnit.MINUTES);
            TestService.eventually().until(() -> status(service).pagesUsed() == 0);
            assertThat(still.isConnected()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void leavingWhileQueuedFreesOnlyThatRequest(boolean stream) throws Exception {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        Semaphore gate = new Semaphore(0);
        model.gate(gate);
        try (TestService service = TestService.on(model, engine(1, 1, 32), config(64))) {
            String first = body(2000, false, 3);
            CompletableFuture<TestService.Reply> running =
                    CompletableFuture.supplyAsync(() -> service.post("/v1/completions", first));
            stepUntil(gate, () -> status(service).running() == 1);
            Socket leaver = open(service, body(20, stream, 4));
            stepUntil(gate, () -> status(service).queued() == 1);
            leaver.close();
            awaitDeparture(service, stream);
            stepUntil(gate, () -> status(service).queued() == 0);
            assertThat(status(service).running()).isEqualTo(1); // Not because the first has made room.
            model.gate(null);
            assertThat(running.get().status()).isEqualTo(200);
            TestService.Reply alone = service.post("/v1/completions", first);
            assertThat(running.get().json().getJsonArray("choices"))
                    .isEqualTo(alone.json().getJsonArray("choices"));
        }
    }

    /** The engine tells of itself after a step, so it is let through one step at a time until it tells this. */
    private static void stepUntil(Semaphore gate, BooleanSupplier condition) {
        TestService.eventually().until(() -> {
            if (gate.availablePermits() == 0) {
                gate.release();
            }
            return condition.getAsBoolean();
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void leavingInPrefillFreesWithinOneStep(boolean stream) throws Exception {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        Semaphore gate = new Semaphore(0);
        model.gate(gate);
        try (TestService service = TestService.on(model, engine(2, 4, 4), config(64))) {
            String longPrompt = new JsonObject()
                    .put("prompt", "x".repeat(200))
                    .put("max_tokens", 100)
                    .put("stream", stream)
                    .encode();
            Socket leaver = open(service, longPrompt);
            gate.release(5); // 20 of 200 prompt tokens
            TestService.eventually().until(() -> status(service).steps() == 5);
            leaveAndCheck(service, leaver, gate, stream);
            assertThat(status(service).generatedTokens()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void leavingInDecodeFreesWithinOneStep(boolean stream) throws Exception {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        Semaphore gate = new Semaphore(0);
        model.gate(gate);
        try (TestService service = TestService.on(model, engine(2, 4, 32), config(64))) {
            Socket leaver = open(service, body(200, stream, 5));
            gate.release(10);
            TestService.eventually().until(() -> status(service).generatedTokens() >= 5);
            leaveAndCheck(service, leaver, gate, stream);
        }
    }

    private static void leaveAndCheck(TestService service, Socket leaver, Semaphore gate, boolean stream)
            throws Exception {
        TestService.eventually().until(() -> gate.availablePermits() == 0);
        leaver.close();
        awaitDeparture(service, stream);
        long steps = status(service).steps();
        gate.release(1); // The step in flight, which the model must not lose memory under.
        TestService.eventually().until(() -> status(service).pagesUsed() == 0);
        assertThat(status(service).steps()).isLessThanOrEqualTo(steps + 1);
        assertThat(status(service).running()
                        + status(service).queued()
                        + status(service).parked())
                .isZero();
    }

    /** The service has seen the client leave, so the cancellation has been handed to the engine. */
    private static void awaitDeparture(TestService service, boolean stream) {
        TestService.eventually()
                .until(() -> stream
                        ? service.observer.disconnects.get() == 1
                        : service.observer.requests.contains("POST /v1/completions 499"));
    }

    @Test
    void leavingAtTheLastTokenHarmsNothing() throws IOException {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        try (TestService service = TestService.on(model, engine(2, 4, 32), config(64))) {
            for (int i = 0; i < 20; i++) {
                try (Socket leaver = open(service, body(4, true, i))) {
                    InputStream in = leaver.getInputStream();
                    StringBuilder seen = new StringBuilder();
                    while (seen.length() < 200 + 60 * i && seen.indexOf("[DONE]") < 0) {
                        seen.append((char) in.read());
                    }
                }
            }
            TestService.eventually().until(() -> status(service).pagesUsed() == 0);
            TestService.eventually().until(() -> service.observer.openStreams.get() == 0);
            assertThat(service.post("/v1/completions", body(4, false, 1)).status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aMateIsUntouchedByAnothersDeparture() throws Exception {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        try (TestService service = TestService.on(model, engine(4, 8, 32), config(64))) {
            String alone =
                    text(service.post("/v1/completions", body(400, true, 9)).body());
            Socket leaver = open(service, body(5000, true, 10));
            CompletableFuture<TestService.Reply> mate =
                    CompletableFuture.supplyAsync(() -> service.post("/v1/completions", body(400, true, 9)));
            leaver.getInputStream().readNBytes(2000);
            leaver.close();
            assertThat(text(mate.get().body())).isEqualTo(alone);
        }
    }

    @Test
    void choicesSeedsAndStreamsAgree() {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        try (TestService service = TestService.on(model, engine(4, 8, 32), config(8))) {
            JsonObject body = new JsonObject(body(100, false, 21)).put("n", 3);
            JsonObject whole = service.post("/v1/completions", body.encode()).json();
            String[] streamed = {"", "", ""};
            for (JsonObject event : service.post(
                            "/v1/completions", body.copy().put("stream", true).encode())
                    .events()) {
                JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
                streamed[choice.getInteger("index")] += choice.getString("text");
            }
            for (int i = 0; i < 3; i++) {
                assertThat(streamed[i])
                        .isEqualTo(
                                whole.getJsonArray("choices").getJsonObject(i).getString("text"));
            }
            assertThat(streamed[0]).isNotEqualTo(streamed[1]);
            assertThat(whole.getJsonObject("usage").getInteger("prompt_tokens")).isEqualTo(7);
            assertThat(whole.getJsonObject("usage").getInteger("completion_tokens"))
                    .isEqualTo(300);
        }
    }

    @Test
    void promptScoresFromTheEngine() {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 16);
        try (TestService service = TestService.on(model, engine(4, 8, 32), config(8))) {
            JsonObject logprobs = service.completion(TestService.body(
                            "score these words",
                            new JsonObject()
                                    .put("echo", true)
                                    .put("logprobs", 3)
                                    .put("max_tokens", 0)))
                    .json()
                    .getJsonArray("choices")
                    .getJsonObject(0)
                    .getJsonObject("logprobs");
            assertThat(logprobs.getJsonArray("token_logprobs")).hasSize(17);
            for (int i = 1; i < 17; i++) {
                assertThat(logprobs.getJsonArray("token_logprobs").getDouble(i)).isNegative();
                assertThat(logprobs.getJsonArray("top_logprobs")
                                .getJsonObject(i)
                                .size())
                        .isBetween(3, 4);
            }
        }
    }

    /** The rest of a response of chunks, up to its end; the connection stays. */
    private static String readStream(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        readLineUntilEmpty(in);
        StringBuilder body = new StringBuilder();
        while (true) {
            int size = Integer.parseInt(line(in), 16);
            body.append(new String(in.readNBytes(size), StandardCharsets.UTF_8));
            assertThat(line(in)).isEmpty();
            if (size == 0) {
                return body.toString();
            }
        }
    }

    private static void readLineUntilEmpty(InputStream in) throws IOException {
        String line = line(in);
        while (!line.isEmpty()) {
            line = line(in);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            assertThat(c).isNotNegative();
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static String text(String stream) {
        StringBuilder text = new StringBuilder();
        for (JsonObject event : new TestService.Reply(200, Map.of(), stream).events()) {
            text.append(event.getJsonArray("choices").getJsonObject(0).getString("text"));
        }
        return text.toString();
    }
}
