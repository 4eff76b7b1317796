package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.Capacity;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineLimits;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes over the wire before the first event, between events and when a stream fails. */
class EventStreamTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";

    private static String ask(String path, String prompt, boolean stream) {
        String words = path.equals(CHAT)
                ? "\"messages\": [{\"role\": \"user\", \"content\": \"" + prompt + "\"}]"
                : "\"prompt\": \"" + prompt + "\"";
        return "{" + words + ", \"stream\": " + stream + "}";
    }

    private static ApiConfig beating(Duration heartbeat) {
        TransportLimits limits = new TransportLimits(
                20, 4096, 8192, 64 << 10, Duration.ofSeconds(5), Duration.ofSeconds(1), 0, 16 << 10);
        return TestService.config(limits, 64, heartbeat);
    }

    /** A stream's body as it arrives, without the frames of chunked encoding. */
    private static final class Reader implements AutoCloseable {
        final Socket socket;
        private final InputStream in;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private boolean ended;

        Reader(TestService service, String path, String json) throws IOException {
            socket = service.connect();
            OutputStream out = socket.getOutputStream();
            out.write(TestService.request(path, json).getBytes(StandardCharsets.UTF_8));
            in = socket.getInputStream();
        }

        String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                assertThat(next).as("the stream was cut after: %s", body()).isNotNegative();
                line.write(next);
            }
            return line.toString(StandardCharsets.UTF_8).strip();
        }

        String head() throws IOException {
            StringBuilder head = new StringBuilder();
            for (String line = line(); !line.isEmpty(); line = line()) {
                head.append(line).append('\n');
            }
            return head.toString();
        }

        /** Reads one chunk; false when it was the last. */
        boolean more() throws IOException {
            int length = Integer.parseInt(line(), 16);
            body.writeBytes(in.readNBytes(length));
            line();
            ended = length == 0;
            return !ended;
        }

        String body() {
            return body.toString(StandardCharsets.UTF_8);
        }

        int events() {
            return body().split("\n\n", -1).length - 1;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static String text(List<JsonObject> events) {
        return events.stream()
                .map(event -> event.getJsonArray("choices").getJsonObject(0))
                .map(choice -> choice.getString("text") != null
                        ? choice.getString("text")
                        : choice.getJsonObject("delta").getString("content", ""))
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, COMPLETIONS})
    void theFirstBytesAreAnEvent(String path) {
        try (TestService service = TestService.of("Hi")) {
            String body = service.post(path, ask(path, "p", true)).body();
            assertThat(body).startsWith("data: {");
            assertThat(text(StrictEvents.of(body))).isEqualTo("Hi");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, COMPLETIONS})
    void aSilentStreamIsKeptAliveByEventsThatAddNothing(String path) throws IOException {
        ScriptedEngine slow = new ScriptedEngine("late");
        try (TestService service = TestService.stepped(slow, beating(Duration.ofMillis(300)));
                Reader reader = new Reader(service, path, ask(path, "p", true))) {
            assertThat(reader.head()).startsWith("HTTP/1.1 200 ").containsIgnoringCase("text/event-stream");
            // Eight heartbeats take longer than the idle time: without them the connection would be cut.
            while (reader.events() <= 8) {
                assertThat(reader.more()).isTrue();
            }
            TestService.eventually().until(slow::step);
            int before = reader.events();
            while (reader.events() <= before + 2) { // Also between two tokens.
                assertThat(reader.more()).isTrue();
            }
            TestService.eventually().until(() -> {
                slow.step();
                return slow.runs.getFirst().over();
            });
            while (reader.more()) {}
            List<JsonObject> events = StrictEvents.of(reader.body());
            assertThat(text(events)).isEqualTo("late");
            assertThat(events.stream().filter(event -> event.encode().contains("\"role\"")))
                    .as("who speaks is said once in a chat")
                    .hasSize(path.equals(CHAT) ? 1 : 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, COMPLETIONS})
    void aFailureBeforeTheFirstEventHasItsOwnStatus(String path) throws IOException {
        ScriptedEngine failing = new ScriptedEngine(at -> ScriptedEngine.FAIL);
        try (TestService service = TestService.running(failing, TestService.CONFIG)) {
            TestService.Reply reply = service.post(path, ask(path, "p", true));
            assertThat(reply.status()).isEqualTo(500);
            assertThat(reply.error().getString("message")).contains("no finite number");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, COMPLETIONS})
    void aLaterFailureIsTheLastEvent(String path) throws IOException {
        ScriptedEngine failing = new ScriptedEngine(at -> ScriptedEngine.FAIL);
        try (TestService service = TestService.stepped(failing, beating(Duration.ofMillis(50)));
                Reader reader = new Reader(service, path, ask(path, "p", true))) {
            assertThat(reader.head()).startsWith("HTTP/1.1 200 ");
            TestService.eventually().until(failing::step); // The head may be out before the engine has been asked.
            while (reader.more()) {}
            assertThat(StrictEvents.failed(reader.body()).getString("message")).contains("no finite number");
        }
    }

    /** An engine that takes long to say whether it takes a request of the longer prompts. */
    private static final class Hesitant implements Engine {
        private static final int LONG = 100;
        final ScriptedEngine engine = new ScriptedEngine("x");
        final CountDownLatch asked = new CountDownLatch(1);
        final CountDownLatch decided = new CountDownLatch(1);

        @Override
        public List<SequenceHandle> submit(Submission submission, List<? extends SequenceListener> listeners)
                throws RefusedException {
            if (submission.prompt().length < LONG) {
                return engine.submit(submission, listeners);
            }
            asked.countDown();
            try {
                decided.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            throw new RefusedException(RefusedException.Cause.BUSY, "The queue is full.", 7);
        }

        @Override
        public EngineLimits limits() {
            return engine.limits();
        }

        @Override
        public EngineStatus status() {
            return engine.status();
        }

        @Override
        public Capacity capacity() {
            return engine.capacity();
        }

        @Override
        public long nanos() {
            return engine.nanos();
        }

        @Override
        public void close() {
            decided.countDown();
            engine.close();
        }
    }

    @ParameterizedTest
    @CsvSource({CHAT + ", true", CHAT + ", false", COMPLETIONS + ", true", COMPLETIONS + ", false"})
    void aRefusalHasItsOwnStatusHoweverLateItComes(String path, boolean stream) throws Exception {
        Hesitant engine = new Hesitant();
        try (TestService service = TestService.stepped(engine, beating(Duration.ofMillis(20)));
                Reader clock = new Reader(service, COMPLETIONS, ask(COMPLETIONS, "p", true))) {
            clock.head();
            CompletableFuture<TestService.Reply> late = CompletableFuture.supplyAsync(() ->
                    service.post(path, ask(path, "p".repeat(Hesitant.LONG), stream)));
            engine.asked.await();
            int before = clock.events();
            while (clock.events() <= before + 5) { // Five heartbeats of another stream have passed.
                assertThat(clock.more()).isTrue();
            }
            engine.decided.countDown();
            TestService.Reply reply = late.get();
            assertThat(reply.status()).isEqualTo(429);
            assertThat(reply.header("Retry-After")).isNotEmpty();
            assertThat(reply.error().getString("message")).isNotEmpty();
        }
    }
}
