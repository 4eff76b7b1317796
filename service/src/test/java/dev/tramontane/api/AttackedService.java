package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.AccessLines;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ForeignWords;
import dev.tramontane.fixtures.Recovery;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.slf4j.LoggerFactory;

/**
 * A service that goes on serving while things are done to it, by their numbers in docs/faults.md, and what must hold after
 * each: everything in {@link Recovery}, one line and one count by cause, no warning, and no foreign word in a refusal.
 */
final class AttackedService implements AutoCloseable {
    static final String COMPLETIONS = "/v1/completions";
    static final String CHATS = "/v1/chat/completions";
    static final int CONNECTIONS = 150;
    static final int PATIENCE_MILLIS = 20_000;

    static final EngineConfig ENGINE = new EngineConfig(
            new EngineConfig.Step(4, 48, 16),
            new EngineConfig.Cache(8, CacheType.F16, 1 << 20),
            new EngineConfig.Admission(24, 512, 4, 64, 1 << 16));

    /** A deed that has no single cause of refusal. */
    private static final String SEVERAL = "";

    /** @param cause by which metrics count it, and which its line in the access log has; or {@link #SEVERAL} */
    record Item(int number, String words, String cause, Recovery.Deed deed) {}

    final FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 24);
    final TestService service;
    private final AccessLines access = new AccessLines();
    private final ListAppender<ILoggingEvent> warnings = new ListAppender<>();
    private final Recovery recovery;

    /** Lets everybody in. */
    AttackedService() throws IOException {
        this(Doorkeeper.OPEN, "");
    }

    /**
     * @param doorkeeper of those who have keys
     * @param key of whoever looks after it meanwhile; empty where none is asked for
     */
    AttackedService(Doorkeeper doorkeeper, String key) throws IOException {
        service = TestService.keyed(doorkeeper, model, ENGINE, config());
        warnings.start();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(warnings);
        recovery = new Recovery(new WatchedService(service, key));
    }

    /**
     * Few connections, little time and small buffers, so that whatever fills them does so soon; of time as much as a machine that is
     * busy elsewhere needs for those who behave.
     */
    static ApiConfig config() {
        TransportLimits limits = new TransportLimits(
                CONNECTIONS, 4096, 8192, 1 << 20, Duration.ofSeconds(2), Duration.ofSeconds(3), 4 << 10, 4 << 10);
        return new ApiConfig(
                "127.0.0.1",
                0,
                1,
                limits,
                new SocketLimits(1 << 20, 4, 200, 32, Duration.ofSeconds(4)),
                RequestLimits.DEFAULT,
                Duration.ofMillis(100),
                16,
                new Allowed(Set.of("https://listed.example"), Set.of()),
                Set.of("enable_thinking"),
                false,
                "fp_test");
    }

    @Override
    public void close() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(warnings);
        access.close();
        service.close();
    }

    static Item item(int number, String words, Recovery.Deed deed) {
        return new Item(number, words, SEVERAL, deed);
    }

    static Item item(int number, String words, String cause, Recovery.Deed deed) {
        return new Item(number, words, cause, deed);
    }

    /** A test of each. */
    Stream<DynamicTest> survives(List<Item> items) {
        return items.stream()
                .map(item -> DynamicTest.dynamicTest(
                        "reliability " + item.number() + ": " + item.words(), () -> check(item)));
    }

    /** All is as at the start. */
    void isRecovered(String name) throws IOException {
        recovery.isRecovered(name);
    }

    private void check(Item item) throws Exception {
        service.observer.reasons.clear();
        int before = access.with("").size();
        warnings.list.clear();
        recovery.after("reliability " + item.number() + ": " + item.words(), item.deed());
        if (!item.cause().isEmpty()) { // Its line is written once all is sent, which its client may know sooner.
            TestService.eventually()
                    .until(() -> access.with("").stream()
                            .skip(before)
                            .anyMatch(line -> line.contains("error=" + item.cause())));
        }
        List<String> lines = access.with("").subList(before, access.with("").size());
        assertThat(lines)
                .allSatisfy(line -> assertThat(line.chars().anyMatch(c -> c < ' ' || c == 0x2028 || c == 0x85))
                        .as("a line of its own: %s", line)
                        .isFalse());
        if (!item.cause().isEmpty()) {
            assertThat(service.observer.reasons).as("causes counted").contains(item.cause());
        }
        assertThat(warnings.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .as("warnings and errors logged")
                .filteredOn(
                        line -> !line.contains(" refused since the last such line")) // A full server says so, at times.
                .isEmpty();
    }

    // ---- asking

    RawClient connect() throws IOException {
        return new RawClient(service.port);
    }

    RawClient.Answer ask(String path, String body) throws IOException {
        return send(RawClient.post(path, body));
    }

    /** The answer to a request of any form. */
    RawClient.Answer send(String request) throws IOException {
        try (RawClient client = connect()) {
            return client.send(request).answer();
        }
    }

    void refused(String path, String body, int status) throws IOException {
        RawClient.Answer answer = ask(path, body);
        String shown = body.length() > 200 ? body.substring(0, 200) : body;
        assertThat(answer.status()).as("%s -> %s", shown, answer.body()).isEqualTo(status);
        String message = answer.json().getJsonObject("error").getString("message");
        assertThat(ForeignWords.in(message)).as(message).isEmpty();
    }

    /** The same of what is so large that its client may not get to send all of it, nor to hear why. */
    void tooLarge(String path, String body) throws IOException {
        try {
            refused(path, body, 413);
        } catch (SocketException | EOFException closed) {
            assertThat(body.length()).isGreaterThan(1 << 20);
        }
    }

    // ---- what is asked

    static String field(String name, String value) {
        return "{\"prompt\": \"p\", \"" + name + "\": " + value + "}";
    }

    static String chat(String json) {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], " + json + "}";
    }

    static String endless(int tokens) {
        return field("max_tokens", tokens + ", \"ignore_eos\": true, \"stream\": true");
    }

    static JsonObject asking(int tokens) {
        return new JsonObject()
                .put("type", "response.create")
                .put("input", "go")
                .put("ignore_eos", true)
                .put("max_output_tokens", tokens);
    }

    /** The same with a key. */
    static String keyed(String request, String key) {
        return request.replaceFirst("\r\n", "\r\nX-Api-Key: " + key + "\r\n");
    }

    static String text(RawClient.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().getJsonArray("choices").getJsonObject(0).getString("text");
    }

    static void close(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    /** What a socket is closed with, whatever is said before. */
    static String closeOf(RawClient client) throws IOException {
        try {
            while (true) {
                client.event();
            }
        } catch (EOFException closed) {
            return String.valueOf(closed.getMessage());
        }
    }
}
