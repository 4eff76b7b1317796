package dev.tramontane.api;

import static dev.tramontane.api.AttackedService.COMPLETIONS;
import static dev.tramontane.api.AttackedService.close;
import static dev.tramontane.api.AttackedService.endless;
import static dev.tramontane.api.AttackedService.field;
import static dev.tramontane.api.AttackedService.item;
import static dev.tramontane.api.AttackedService.keyed;
import static dev.tramontane.api.AttackedService.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.RecordedBatch;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** What runs short, and who takes more than his part, by the numbers in docs/faults.md: on one service with keys. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReliabilityResourcesTest {
    private static final String CANARY = SecretKey.make(new SecureRandom());
    private static final String FLOOD = SecretKey.make(new SecureRandom());
    private static final String GUEST = SecretKey.make(new SecureRandom());

    /** Requests that wait at most, of which a key has half. */
    private static final int QUEUE = AttackedService.ENGINE.queueRequests();

    private static final int ROWS = AttackedService.ENGINE.tokenBudget();

    private AttackedService at;

    @BeforeAll
    void serve() throws IOException {
        KeyRing ring = new KeyRing(
                List.of(entry("canary", CANARY), entry("flood", FLOOD), entry("guest", GUEST)), System::nanoTime);
        at = new AttackedService(Doorkeeper.of(ring, KeyObserver.NONE), CANARY);
    }

    @AfterAll
    void end() {
        at.close();
    }

    private static KeyEntry entry(String name, String key) {
        return new KeyEntry(name, SecretKey.hash(key), KeyLimits.NONE);
    }

    private static String request(String key, String body) {
        return keyed(RawClient.post(COMPLETIONS, body), key);
    }

    private RawClient.Answer ask(String key, String body) throws IOException {
        return at.send(request(key, body));
    }

    private static String lasting(int seed) {
        return field("max_tokens", "30, \"ignore_eos\": true, \"seed\": " + seed);
    }

    @TestFactory
    Stream<DynamicTest> reliability() {
        return at.survives(List.of(
                item(31, "more than the cache holds", () -> {
                    String alone = text(ask(GUEST, field("max_tokens", "200, \"seed\": 3, \"ignore_eos\": true")));
                    ConcurrentLinkedQueue<String> texts = new ConcurrentLinkedQueue<>();
                    List<Thread> all = IntStream.range(0, 40)
                            .mapToObj(i -> Thread.ofPlatform().daemon().start(() -> {
                                try {
                                    texts.add(text(
                                            ask(GUEST, field("max_tokens", "200, \"seed\": 3, \"ignore_eos\": true"))));
                                } catch (IOException cut) {
                                    texts.add(cut.toString());
                                }
                            }))
                            .toList();
                    for (Thread each : all) {
                        each.join();
                    }
                    assertThat(texts).hasSize(40).containsOnly(alone);
                }),
                item(32, "a full line", () -> {
                    List<String> alone = new ArrayList<>();
                    for (int seed = 0; seed < QUEUE; seed++) {
                        alone.add(text(ask(GUEST, lasting(seed))));
                    }
                    RawClient first =
                            hold(CANARY); // From now on nobody who waits is let in, and nobody's answer moves.
                    List<RawClient> line = new ArrayList<>();
                    at.service.observer.reasons.clear();
                    for (String key : List.of(FLOOD, GUEST)) {
                        refused(line, key);
                    }
                    RawClient.Answer late = ask(CANARY, lasting(0)); // At once, while the others stand still.
                    assertThat(late.status()).isEqualTo(429);
                    assertThat(late.head()).contains("retry-after: ");
                    assertThat(at.service.observer.reasons)
                            .hasSizeGreaterThan(2 * MORE)
                            .containsOnly(at.service.observer.reasons.getFirst());
                    at.model.gate(null);
                    List<Integer> statuses = new ArrayList<>();
                    for (int i = 0; i < line.size(); i++) {
                        RawClient.Answer answer = line.get(i).answer();
                        statuses.add(answer.status());
                        if (answer.status() == 200) {
                            assertThat(text(answer)).isEqualTo(alone.get(i % (line.size() / 2)));
                        } else {
                            assertThat(answer.head()).contains("retry-after: ");
                        }
                    }
                    assertThat(statuses).hasSize(QUEUE + 2 * MORE).containsOnly(200, 429);
                    assertThat(statuses.stream().filter(status -> status == 200))
                            .hasSizeBetween(QUEUE - 1, QUEUE);
                    assertThat(first.answer().status()).isEqualTo(200);
                    first.close();
                    close(line);
                }),
                item(33, "a flood of one tenant", () -> {
                    int alone = stepsToFirstToken('G');
                    assertThat(alone).isBetween(Math.ceilDiv(PROMPT, ROWS), Math.ceilDiv(PROMPT, ROWS) + 1);
                    List<RawClient> flood = new ArrayList<>();
                    for (int i = 0; i < QUEUE / 2; i++) {
                        String prompt = Integer.toString(i).repeat(200);
                        flood.add(at.connect()
                                .send(request(
                                        FLOOD,
                                        "{\"prompt\": \"" + prompt
                                                + "\", \"max_tokens\": 100, \"ignore_eos\": true}")));
                    }
                    TestService.eventually()
                            .until(() -> at.service.engine.status().running() > 4);
                    assertThat(stepsToFirstToken('H')).isLessThanOrEqualTo(alone + 1);
                    for (RawClient each : flood) {
                        assertThat(each.answer().status())
                                .as("the flood is served, too")
                                .isEqualTo(200);
                        each.close();
                    }
                }),
                item(37, "a tenant who looks for another's prompts in the cache, and one who floods it", () -> {
                    String secret = "{\"prompt\": \"" + "the guest's secret ".repeat(3) + "\", \"max_tokens\": 1}";
                    int tokens = usage(ask(GUEST, secret)).getInteger("prompt_tokens");
                    assertThat(cached(GUEST, secret)).isEqualTo(tokens - 1);
                    assertThat(cached(FLOOD, secret)).isZero();
                    assertThat(cached(CANARY, secret)).isZero();
                    for (int i = 0; i < 200; i++) {
                        String other = Integer.toString(i).repeat(60);
                        assertThat(ask(FLOOD, "{\"prompt\": \"" + other + "\", \"max_tokens\": 1}")
                                        .status())
                                .isEqualTo(200);
                    }
                    assertThat(at.service.engine.status().pagesKept())
                            .as("the cache is full")
                            .isGreaterThan(at.service.engine.status().pagesTotal() / 3);
                    assertThat(cached(GUEST, secret)).isEqualTo(tokens - 1);
                })));
    }

    // ---- 32

    /** More than a key's share of the line. */
    private static final int MORE = 8;

    /** Asks for something and holds the model in the middle of a step, with this request or before it is looked at. */
    private RawClient hold(String key) throws IOException {
        Semaphore held = new Semaphore(0);
        at.model.gate(held);
        RawClient asking = at.connect().send(request(key, lasting(0)));
        TestService.eventually().until(held::hasQueuedThreads);
        return asking;
    }

    /** Fills a key's share, and waits until what is beyond it was refused. */
    private void refused(List<RawClient> line, String key) throws IOException {
        int before = at.service.observer.reasons.size();
        for (int i = 0; i < QUEUE / 2 + MORE; i++) {
            line.add(at.connect().send(request(key, lasting(i))));
        }
        TestService.eventually().until(() -> at.service.observer.reasons.size() >= before + MORE);
    }

    // ---- 33

    /** Tokens, and so rows, of the guest's prompt. */
    private static final int PROMPT = 200;

    /** Steps that begin after the guest's request was taken, up to the one in which the last row of its prompt is computed. */
    private int stepsToFirstToken(char letter) throws IOException {
        try (RawClient other = hold(CANARY);
                RawClient guest = at.connect()) {
            String prompt = Character.toString(letter).repeat(PROMPT);
            guest.send(request(GUEST, "{\"prompt\": \"" + prompt + "\", \"max_tokens\": 1, \"stream\": true}"));
            guest.head(); // It waits for its turn, or no heartbeat would come.
            Progress progress = new Progress(letter);
            at.model.spy(progress);
            at.model.gate(null);
            while (guest.chunk().length > 0) {
                // To its end.
            }
            at.model.spy(batch -> {});
            assertThat(other.answer().status()).isEqualTo(200);
            assertThat(progress.steps.get()).isPositive();
            return progress.steps.get();
        }
    }

    /** Counts steps until a prompt of one letter is computed. */
    private static final class Progress implements Consumer<RecordedBatch> {
        final AtomicInteger steps = new AtomicInteger();
        private final char letter;
        private int counted;

        Progress(char letter) {
            this.letter = letter;
        }

        @Override
        public void accept(RecordedBatch batch) {
            counted++;
            for (int span = 0; span < batch.spans(); span++) {
                int first = batch.spanFirstRow(span);
                int rows = batch.spanRows(span);
                boolean its = IntStream.range(first, first + rows).allMatch(row -> batch.token(row) == letter);
                if (its && batch.spanPosition(span) + rows == PROMPT && steps.get() == 0) {
                    steps.set(counted);
                }
            }
        }
    }

    // ---- 37

    private static JsonObject usage(RawClient.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().getJsonObject("usage");
    }

    private int cached(String key, String body) throws IOException {
        return usage(ask(key, body)).getJsonObject("prompt_tokens_details").getInteger("cached_tokens");
    }

    // ---- 34

    /** What it takes is taken at its start, so this is a device that breaks. Nothing is retried: its memory is not to be trusted. */
    @Test
    @DisplayName("reliability 34: a device that fails at run time, and the next process")
    void theDeviceFails() throws IOException {
        FakeModel broken = FakeModel.of(ByteTokenizer.SIZE, 24);
        try (TestService service = TestService.on(broken, AttackedService.ENGINE, AttackedService.config())) {
            List<RawClient> streams = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                RawClient stream = new RawClient(service.port);
                streams.add(stream);
                stream.send(RawClient.post(COMPLETIONS, endless(400))).head();
                stream.chunk();
            }
            broken.failAwait("out of memory on device 0, /dev/secret");
            for (RawClient stream : streams) {
                StringBuilder rest = new StringBuilder();
                for (byte[] chunk = stream.chunk(); chunk.length > 0; chunk = stream.chunk()) {
                    rest.append(new String(chunk, StandardCharsets.UTF_8));
                }
                assertThat(rest).contains("\"error\":", "the model failed").doesNotContain("secret");
                stream.close();
            }
            try (RawClient client = new RawClient(service.port)) {
                RawClient.Answer refused =
                        client.send(RawClient.post(COMPLETIONS, endless(4))).answer();
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.body()).contains("the model failed").doesNotContain("secret");
                assertThat(client.send(RawClient.get("/livez")).answer().status())
                        .isEqualTo(200);
            }
            TestService.eventually().until(() -> service.engine.status().pagesReserved() == 0);
            assertThat(service.engine.status().healthy()).isFalse();
        }
        try (AttackedService next = new AttackedService()) {
            next.isRecovered("reliability 34");
        }
    }
}
