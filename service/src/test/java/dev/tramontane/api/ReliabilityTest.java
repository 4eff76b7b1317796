package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.faults.Fault;
import dev.tramontane.faults.FaultProxy;
import dev.tramontane.fixtures.AccessLines;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ForeignWords;
import dev.tramontane.fixtures.Recovery;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.LoggerFactory;

/**
 * Attacks by their numbers in docs/faults.md, each on one service that goes on serving, and after each everything in
 * {@link Recovery}. What each is answered in detail is held elsewhere, in the tests that the same table names.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReliabilityTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHATS = "/v1/chat/completions";

    /** A deed that has no single cause of refusal. */
    private static final String SEVERAL = "";

    private static final int CONNECTIONS = 150;
    private static final int PATIENCE_MILLIS = 20_000;

    /** @param cause by which metrics count it, and which its line in the access log has; or {@link #SEVERAL} */
    private record Item(int number, String words, String cause, Recovery.Deed deed) {}

    private final AccessLines access = new AccessLines();
    private final ListAppender<ILoggingEvent> warnings = new ListAppender<>();
    private TestService service;
    private Recovery recovery;

    @BeforeAll
    void serve() throws IOException {
        EngineConfig engine = new EngineConfig(
                new EngineConfig.Step(4, 48, 16),
                new EngineConfig.Cache(8, true, 1 << 20),
                new EngineConfig.Admission(24, 512, 4, 64, 1 << 16));
        TransportLimits limits = new TransportLimits(
                CONNECTIONS, 4096, 8192, 1 << 20, Duration.ofMillis(500), Duration.ofSeconds(1), 4 << 10, 4 << 10);
        service = TestService.on(
                FakeModel.of(ByteTokenizer.SIZE, 24), engine, TestService.config(limits, 16, Duration.ofMillis(100)));
        warnings.start();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(warnings);
        recovery = new Recovery(new WatchedService(service));
    }

    @AfterAll
    void close() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(warnings);
        access.close();
        service.close();
    }

    private static Item item(int number, String words, Recovery.Deed deed) {
        return new Item(number, words, SEVERAL, deed);
    }

    private static Item item(int number, String words, String cause, Recovery.Deed deed) {
        return new Item(number, words, cause, deed);
    }

    @TestFactory
    Stream<DynamicTest> reliability() {
        return Stream.of(protocol(), parameters(), clients(), texts())
                .flatMap(List::stream)
                .map(item -> DynamicTest.dynamicTest(
                        "reliability " + item.number() + ": " + item.words(), () -> check(item)));
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

    // ---- what clients say, and how

    private List<Item> protocol() {
        return List.of(
                item(1, "malformed heads and bodies of every kind", () -> {
                    for (TransportTest.Wire wire : TransportTest.wires()) {
                        if (wire.name().equals("huge chunk")) {
                            continue; // It is none here, where bodies may have a megabyte.
                        }
                        try (RawClient client = new RawClient(service.port)) {
                            client.send(wire.request());
                            assertThat(client.rest(PATIENCE_MILLIS))
                                    .as(wire.name())
                                    .contains(" " + wire.status() + " ");
                        } catch (SocketException closed) {
                            // It was refused before all of it was sent.
                            assertThat(wire.request().length()).as(wire.name()).isGreaterThan(4096);
                        }
                    }
                }),
                item(2, "a thousand requests at once on one connection", () -> {
                    try (RawClient client = new RawClient(service.port)) {
                        String both = RawClient.get("/livez") + RawClient.get("/nowhere");
                        Thread sender = Thread.ofVirtual().start(() -> sendAll(client, both.repeat(500)));
                        for (int i = 0; i < 1000; i++) {
                            assertThat(client.answer().status()).isEqualTo(i % 2 == 0 ? 200 : 404);
                        }
                        sender.join();
                    }
                }),
                item(3, "chunk extensions and trailers of a megabyte", () -> {
                    for (String body : List.of(
                            "1;" + "x".repeat(1 << 20) + "\r\n{\r\n0\r\n\r\n",
                            "2\r\n{}\r\n0\r\nTrailer: " + "x".repeat(1 << 20) + "\r\n\r\n")) {
                        try (RawClient client = new RawClient(service.port)) {
                            client.send("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: a.localhost\r\nContent-Type:"
                                    + " application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
                            assertThat(client.rest(PATIENCE_MILLIS)).doesNotContain(" 200 ");
                        } catch (SocketException closed) {
                            // As good an answer, while we were still sending.
                        }
                    }
                }),
                item(4, "a body that drips in for ever", () -> {
                    try (RawClient client = new RawClient(service.port)) {
                        String whole = RawClient.post(COMPLETIONS, " ".repeat(5000));
                        client.send(whole.substring(0, whole.length() - 5000));
                        for (int i = 0; i < 5000 && service.observer.reasons.isEmpty(); i++) {
                            client.send(" ");
                            Thread.sleep(5);
                        }
                        assertThat(client.answer().status()).isEqualTo(408);
                    } catch (SocketException closed) {
                        // It was told while we were still sending.
                    }
                }),
                item(5, "more idle connections than there is room for", () -> {
                    List<RawClient> idle = new ArrayList<>();
                    try { // They are clients of a hostile kind: none says a word.
                        for (int i = 0; i < CONNECTIONS + 100; i++) {
                            idle.add(new RawClient(service.port));
                        }
                        TestService.eventually()
                                .until(() -> service.observer.refused.get() > 0
                                        && service.observer.connections.get() <= CONNECTIONS + 32);
                    } finally {
                        close(idle);
                    }
                }),
                item(6, "a flood of pings", () -> {
                    try (RawClient client = new RawClient(service.port)) {
                        client.send(RawClient.upgrade()).head();
                        for (int i = 0; i < 10_000; i++) {
                            client.send(RawClient.frame(RawClient.PING, new byte[] {1}));
                        }
                        assertThat(closeOf(client)).contains("1008");
                    } catch (SocketException closed) {
                        // Ten thousand were too many to hear the reason.
                    }
                }),
                item(7, "nonsense on a socket in mid-answer", "invalid_message", () -> {
                    try (RawClient client = new RawClient(service.port)) {
                        client.send(RawClient.upgrade()).head();
                        client.send(RawClient.message(create(60)));
                        client.event();
                        client.send(RawClient.frame(2, new byte[] {0, 1, 2}));
                        client.send(RawClient.message(new JsonObject().put("type", "nonsense")));
                        List<JsonObject> errors = new ArrayList<>();
                        JsonObject event;
                        do {
                            event = client.event();
                            if (event.getString("type").equals("error")) {
                                errors.add(event);
                            }
                        } while (errors.size() < 2
                                || !Canary.isLast(event.getString("type"))
                                || event.getString("type").equals("error"));
                        assertThat(event.getString("type")).isEqualTo("response.incomplete");
                        assertThat(event.encode()).contains("max_output_tokens");
                    }
                }),
                item(8, "pages of foreign origins, over both protocols", "origin_not_allowed", () -> {
                    for (String request : List.of(RawClient.get("/livez"), RawClient.upgrade())) {
                        try (RawClient client = new RawClient(service.port)) {
                            client.send(request.replaceFirst("\r\n", "\r\nOrigin: https://evil.example\r\n"));
                            assertThat(client.answer().status()).isEqualTo(403);
                        }
                    }
                }),
                item(9, "JSON that is none, or is too much", () -> {
                    for (String body : List.of(
                            "{\"prompt\": " + "[".repeat(100_000),
                            "{\"prompt\": \"" + "x".repeat(900_000) + "\"}",
                            "{\"prompt\": \"p\", \"seed\": " + "9".repeat(100_000) + "}",
                            "{\"prompt\": \"a\", \"prompt\": \"b\"}",
                            "{\"prompt\": \"p\"} trailing",
                            "\ufeff{\"prompt\": \"p\"}",
                            "{\"prompt\": \"p\", \"temperature\": NaN}",
                            "")) {
                        refused(COMPLETIONS, body, 400);
                    }
                    try (RawClient client = new RawClient(service.port)) {
                        byte[] utf16 = "{\"prompt\": \"p\"}".getBytes(StandardCharsets.UTF_16);
                        client.send("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:"
                                        + " application/json\r\nContent-Length: " + utf16.length + "\r\n\r\n")
                                .send(utf16);
                        assertThat(client.answer().status()).isEqualTo(400);
                    }
                }),
                item(10, "compressed bodies", () -> {
                    for (String coding : List.of("gzip", "br", "zstd", "deflate")) {
                        try (RawClient client = new RawClient(service.port)) {
                            client.send(RawClient.post(COMPLETIONS, "{}")
                                    .replaceFirst("\r\n", "\r\nContent-Encoding: " + coding + "\r\n"));
                            assertThat(client.answer().status()).isEqualTo(415);
                        }
                    }
                }),
                item(11, "lines of one's own in a log or a stream", () -> {
                    for (String evil : List.of("a\\r\\nPOST /x 200", "a\\u2028b\\u0085c", "\\u001b[31m")) {
                        refused(COMPLETIONS, "{\"prompt\": \"p\", \"model\": \"" + evil + "\"}", 404);
                        assertThat(ask(
                                                COMPLETIONS,
                                                "{\"prompt\": \"p\", \"max_tokens\": 1, \"user\": \"" + evil + "\"}")
                                        .status())
                                .isEqualTo(200);
                    }
                    try (RawClient client = new RawClient(service.port)) {
                        client.send(
                                RawClient.get("/nowhere\u2028").replaceFirst("\r\n", "\r\nX-Request-Id: a\u2028b\r\n"));
                        assertThat(client.answer().head()).doesNotContain("\u2028");
                    }
                    try (TestService other = TestService.of("one\n\ndata: {\"two\": 2}\r\n\r\nid: 7\n\n")) {
                        TestService.Reply stream = other.completion(TestService.body(
                                "p", new JsonObject().put("stream", true).put("max_tokens", 100)));
                        StringBuilder text = new StringBuilder();
                        stream.events()
                                .forEach(event -> text.append(event.getJsonArray("choices")
                                        .getJsonObject(0)
                                        .getString("text")));
                        assertThat(text).hasToString("one\n\ndata: {\"two\": 2}\r\n\r\nid: 7\n\n");
                    }
                }),
                item(12, "HTTP/2 where it is not spoken", () -> {
                    try (RawClient client = new RawClient(service.port)) {
                        client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
                        assertThat(client.rest(PATIENCE_MILLIS)).doesNotContain(" 200 ");
                    }
                }),
                item(13, "wrong methods, types and expectations", () -> {
                    String good = RawClient.post(COMPLETIONS, "{\"prompt\": \"p\"}");
                    for (String request : List.of(
                            RawClient.get(COMPLETIONS),
                            RawClient.get(COMPLETIONS).replaceFirst("GET", "HEAD"),
                            RawClient.get(CHATS).replaceFirst("GET", "DELETE"),
                            good.replaceFirst("application/json", "text/plain"),
                            good.replaceFirst("\r\n", "\r\nExpect: tea\r\n"))) {
                        try (RawClient client = new RawClient(service.port)) {
                            assertThat(Integer.parseInt(
                                            client.send(request).head().substring(9, 12)))
                                    .as(request)
                                    .isIn(405, 415, 417);
                        }
                    }
                }));
    }

    // ---- what they ask for

    private List<Item> parameters() {
        return List.of(
                item(14, "counts beyond every bound", "invalid_request", () -> {
                    for (String name : List.of("n", "logprobs", "max_tokens", "min_tokens", "prompt_logprobs")) {
                        for (String value : List.of("-1", "0.5", "2147483648", "9223372036854775808", "1e400")) {
                            refused(COMPLETIONS, field(name, value), 400);
                        }
                    }
                    refused(COMPLETIONS, field("n", "0"), 400);
                    refused(COMPLETIONS, field("max_tokens", "0"), 400);
                    refused(CHATS, chat("\"max_completion_tokens\": 0"), 400);
                    refused(COMPLETIONS, field("n", "9"), 400);
                    refused(COMPLETIONS, field("best_of", "2"), 400);
                    refused(CHATS, chat("\"logprobs\": true, \"top_logprobs\": 21"), 400);
                }),
                item(15, "numbers beyond every bound", "invalid_request", () -> {
                    for (String name :
                            List.of("temperature", "top_p", "min_p", "presence_penalty", "frequency_penalty")) {
                        for (String value : List.of("NaN", "Infinity", "-3", "1e30", "\"1\"")) {
                            refused(COMPLETIONS, field(name, value), 400);
                        }
                    }
                    String greedy = field("temperature", "0, \"max_tokens\": 20, \"seed\": ");
                    assertThat(text(ask(COMPLETIONS, greedy.replace("\"seed\": ", "\"seed\": 1"))))
                            .isEqualTo(text(ask(COMPLETIONS, greedy.replace("\"seed\": ", "\"seed\": 2"))));
                }),
                item(16, "a hundred thousand stop strings, an empty one", "invalid_request", () -> {
                    refused(COMPLETIONS, field("stop", "[" + "\"s\", ".repeat(100_000) + "\"s\"]"), 400);
                    refused(COMPLETIONS, field("stop", "\"\""), 400);
                }),
                item(17, "biases without number, out of range, and against everything", "invalid_request", () -> {
                    refused(COMPLETIONS, field("logit_bias", "{\"259\": 1}"), 400);
                    refused(COMPLETIONS, field("logit_bias", "{\"1\": -1e400}"), 400);
                    refused(COMPLETIONS, field("logit_bias", biases(50_000, 1)), 400);
                    RawClient.Answer banned = ask(
                            COMPLETIONS, field("logit_bias", biases(ByteTokenizer.SIZE, -100) + ", \"max_tokens\": 4"));
                    assertThat(banned.status()).isEqualTo(200);
                    assertThat(banned.body()).contains("\"finish_reason\":\"").doesNotContain("NaN");
                }),
                item(18, "the outermost seeds, twice", () -> {
                    for (String seed : List.of("0", "-1", "9223372036854775807", "-9223372036854775808")) {
                        String body = field("seed", seed + ", \"max_tokens\": 20");
                        assertThat(text(ask(COMPLETIONS, body))).isEqualTo(text(ask(COMPLETIONS, body)));
                    }
                }),
                item(
                        19,
                        "schemas and patterns that are endless, deep, remote or go round in circles",
                        "invalid_request",
                        () -> {
                            String closed = "\"additionalProperties\": false, \"type\": \"object\"";
                            for (String schema : List.of(
                                    "{\"items\": ".repeat(10_000) + "{}" + "}".repeat(10_000),
                                    "{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"$ref\": \"#/$defs/a\"}}}",
                                    "{\"$ref\": \"http://127.0.0.1:1/schema\"}",
                                    "{\"$ref\": \"file:///etc/passwd\"}",
                                    "{" + closed
                                            + ", \"required\": [\"a\"], \"properties\": {\"a\": {\"$ref\": \"#\"}}}",
                                    "{\"type\": \"string\", \"pattern\": \"(?<=a)b\"}",
                                    "{\"type\": \"string\", \"pattern\": \"" + "(".repeat(60_000) + "\"}",
                                    "{\"type\": \"string\", \"pattern\": \"a{2,1000000000}\"}")) {
                                refused(CHATS, chat(formed(schema)), 400);
                            }
                            for (String schema :
                                    List.of( // What costs no more than any other is answered, or refused by its cost.
                                            "{\"type\": \"array\", \"minItems\": 1000000000, \"items\": {\"type\": \"null\"}}",
                                            "{\"type\": \"string\", \"pattern\": \"^(a+)+$\"}",
                                            listed(100_000))) {
                                RawClient.Answer answer = ask(CHATS, chat(formed(schema) + ", \"max_tokens\": 4"));
                                assertThat(answer.status()).as(answer.body()).isIn(200, 400);
                                assertThat(ForeignWords.in(answer.body())).isEmpty();
                            }
                        }),
                item(20, "grammars without a text, and with a dead end", () -> {
                    for (String empty :
                            List.of("root ::= \\\"a\\\" root", "root ::= root", "root ::= [^\\u0000-\\U0010ffff]")) {
                        refused(COMPLETIONS, field("grammar", "\"" + empty + "\""), 400);
                    }
                    RawClient.Answer dead = ask(
                            COMPLETIONS,
                            field(
                                    "grammar",
                                    "\"root ::= \\\"a\\\" | \\\"b\\\" root2\\nroot2 ::= \\\"c\\\" root2\", \"max_tokens\": 9"));
                    assertThat(dead.json()
                                    .getJsonArray("choices")
                                    .getJsonObject(0)
                                    .getString("text"))
                            .isEqualTo("a");
                    assertThat(dead.body()).contains("\"finish_reason\":\"stop\"");
                }),
                item(21, "templates of the client's own", () -> {
                    refused(CHATS, chat("\"chat_template\": \"{{ 1 }}\""), 400);
                    refused(CHATS, chat("\"chat_template_kwargs\": {\"messages\": []}"), 400);
                }),
                item(22, "prompts that cannot fit, and none", () -> {
                    refused(COMPLETIONS, "{\"prompt\": \"" + "x".repeat(600) + "\"}", 400);
                    refused(COMPLETIONS, field("max_tokens", "512"), 400);
                    refused(COMPLETIONS, "{\"prompt\": \"\"}", 400);
                    refused(CHATS, "{\"messages\": []}", 400);
                }),
                item(23, "pictures to fetch", () -> refused(CHATS, """
                    {"messages": [{"role": "user", "content":
                     [{"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/x.png"}}]}]}\
                    """, 400)),
                item(24, "paths as names of models", "model_not_found", () -> {
                    for (String name : List.of("../../etc/passwd", "%2e%2e/x", "a\\u0000b", "/proc/self/environ")) {
                        refused(COMPLETIONS, "{\"prompt\": \"p\", \"model\": \"" + name + "\"}", 404);
                    }
                    for (String path : List.of("..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e", "a%00b")) {
                        try (RawClient client = new RawClient(service.port)) {
                            assertThat(client.send(RawClient.get("/v1/models/" + path))
                                            .answer()
                                            .status())
                                    .isBetween(400, 404);
                        }
                    }
                }));
    }

    // ---- how they leave

    private List<Item> clients() {
        return List.of(
                item(25, "leaving in the line, in the prompt, in mid-answer, at the last token", () -> {
                    for (int wait = 0; wait < 30; wait++) {
                        List<RawClient> leaving = new ArrayList<>();
                        for (int i = 0; i < 8; i++) {
                            RawClient client = new RawClient(service.port);
                            leaving.add(client);
                            client.send(RawClient.post(COMPLETIONS, endless(400)));
                        }
                        Thread.sleep(wait);
                        for (RawClient client : leaving) {
                            if (wait % 2 == 0) {
                                client.reset();
                            } else {
                                client.close();
                            }
                        }
                    }
                }),
                item(26, "readers of a kilobyte a second", () -> {
                    try (FaultProxy proxy = FaultProxy.before(service.port)) {
                        proxy.toClients(Fault.NONE.throttled(1000));
                        List<RawClient> slow = new ArrayList<>();
                        for (int i = 0; i < 8; i++) {
                            RawClient client = new RawClient(proxy.port());
                            slow.add(client);
                            client.send(RawClient.post(COMPLETIONS, endless(400)));
                        }
                        TestService.eventually()
                                .until(() -> service.engine.status().parked() >= 8);
                        assertThat(text(ask(COMPLETIONS, field("max_tokens", "20"))))
                                .isNotEmpty(); // A mate.
                        for (RawClient client : slow) {
                            client.reset();
                        }
                    }
                }),
                item(27, "networks that swallow everything", () -> {
                    List<RawClient> lost = new ArrayList<>();
                    try (FaultProxy proxy = FaultProxy.before(service.port)) {
                        for (int i = 0; i < 4; i++) {
                            lost.add(new RawClient(proxy.port()).send(RawClient.post(COMPLETIONS, endless(400))));
                        }
                        for (RawClient client : lost) {
                            client.head();
                        }
                        int gone = service.observer.disconnects.get();
                        Fault hole = Fault.NONE.ending(Fault.End.BLACK_HOLE, 0);
                        proxy.toClients(hole).toServer(hole);
                        TestService.eventually().until(() -> service.observer.disconnects.get() >= gone + 4);
                    }
                    close(lost);
                }),
                item(28, "five hundred who come back at once", () -> {
                    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
                    List<Thread> storm = IntStream.range(0, 500)
                            .mapToObj(i -> Thread.ofVirtual().start(() -> comeBack(wrong)))
                            .toList();
                    for (Thread each : storm) {
                        each.join();
                    }
                    assertThat(wrong).isEmpty();
                }),
                item(29, "resets in the middle of writing", () -> {
                    try (FaultProxy proxy = FaultProxy.before(service.port)) {
                        for (int round = 0; round < 10; round++) {
                            List<RawClient> cut = new ArrayList<>();
                            for (int i = 0; i < 10; i++) {
                                cut.add(new RawClient(proxy.port()).send(RawClient.post(COMPLETIONS, endless(400))));
                            }
                            cut.getFirst().head();
                            proxy.resetAll();
                            TestService.eventually().until(() -> service.observer.openStreams.get() <= 1);
                            close(cut);
                        }
                    }
                }),
                item(30, "cancelling twice, and what is not there", "response_not_found", () -> {
                    try (RawClient client = new RawClient(service.port)) {
                        client.send(RawClient.upgrade()).head();
                        client.send(RawClient.message(cancel("resp_nobody")));
                        assertThat(client.event().encode()).contains("response_not_found");
                        client.send(RawClient.message(create(400)));
                        String id = client.event().getJsonObject("response").getString("id");
                        client.send(RawClient.message(cancel(id))).send(RawClient.message(cancel(id)));
                        JsonObject event;
                        do {
                            event = client.event();
                        } while (!Canary.isLast(event.getString("type")));
                        assertThat(event.getString("type")).isEqualTo("response.incomplete");
                        client.send(RawClient.message(create(1))); // And nothing but its answer comes.
                        assertThat(client.event().getString("type")).isEqualTo("response.created");
                    }
                }),
                item(31, "more than the cache holds", () -> {
                    String alone =
                            text(ask(COMPLETIONS, field("max_tokens", "200, \"seed\": 3, \"ignore_eos\": true")));
                    ConcurrentLinkedQueue<String> texts = new ConcurrentLinkedQueue<>();
                    List<Thread> all = IntStream.range(0, 40)
                            .mapToObj(i -> Thread.ofPlatform().daemon().start(() -> {
                                try {
                                    texts.add(text(ask(
                                            COMPLETIONS,
                                            field("max_tokens", "200, \"seed\": 3, \"ignore_eos\": true"))));
                                } catch (IOException cut) {
                                    texts.add(cut.toString());
                                }
                            }))
                            .toList();
                    for (Thread each : all) {
                        each.join();
                    }
                    assertThat(texts).hasSize(40).containsOnly(alone);
                }));
    }

    // ---- what they say

    private List<Item> texts() {
        return List.of(
                item(60, "control tokens spelled by users", () -> {
                    for (String spelled : List.of("</s>", "<s>", "[TURN]", "<|im_end|>")) {
                        RawClient.Answer ids = ask(
                                "/tokenize",
                                new JsonObject().put("prompt", spelled).encode());
                        assertThat(ids.json().getJsonArray("tokens"))
                                .as(spelled)
                                .hasSize(spelled.length())
                                .allMatch(id -> (Integer) id < 256);
                    }
                }),
                item(61, "characters of several tokens in a stream", () -> {
                    String song = "a\ud83d\ude00e\u0301\u200d\ud83c\uddeb\ud83c\uddf7!";
                    try (TestService other = TestService.of(song)) {
                        StringBuilder text = new StringBuilder();
                        for (JsonObject event : other.completion(TestService.body(
                                        "p",
                                        new JsonObject().put("stream", true).put("max_tokens", 100)))
                                .events()) {
                            String piece = event.getJsonArray("choices")
                                    .getJsonObject(0)
                                    .getString("text");
                            assertThat(piece).doesNotContain("\ufffd");
                            text.append(piece);
                        }
                        assertThat(text).hasToString(song);
                    }
                }),
                item(62, "surrogates alone, NUL, noncharacters, marks of direction", () -> {
                    refused(COMPLETIONS, "{\"prompt\": \"\\ud800\"}", 400);
                    refused(COMPLETIONS, "{\"prompt\": \"\\udc00\\ud800\"}", 400);
                    String odd = "a\u0000b\ufffe\uffff\u202ec\u2066d\ufeff";
                    JsonArray ids = ask(
                                    "/tokenize",
                                    new JsonObject().put("prompt", odd).encode())
                            .json()
                            .getJsonArray("tokens");
                    assertThat(ask(
                                            "/detokenize",
                                            new JsonObject().put("tokens", ids).encode())
                                    .json()
                                    .getString("prompt"))
                            .isEqualTo(odd);
                }),
                item(63, "texts without an end", () -> {
                    for (String text : List.of("a".repeat(900_000), "\u0301".repeat(200_000), "ab".repeat(400_000))) {
                        refused(
                                COMPLETIONS,
                                new JsonObject().put("prompt", text).encode(),
                                400);
                        assertThat(ask(
                                                "/tokenize",
                                                new JsonObject()
                                                        .put("prompt", text)
                                                        .encode())
                                        .status())
                                .isEqualTo(200);
                    }
                }));
    }

    // ---- asking

    private static String field(String name, String value) {
        return "{\"prompt\": \"p\", \"" + name + "\": " + value + "}";
    }

    private static String biases(int ids, int bias) {
        return IntStream.range(0, ids)
                .mapToObj(id -> "\"" + id + "\": " + bias)
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static String chat(String json) {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], " + json + "}";
    }

    private static String formed(String schema) {
        return "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"n\", \"schema\": "
                + schema + "}}";
    }

    private static String listed(int values) {
        return IntStream.range(0, values)
                .mapToObj(value -> "\"v" + value + "\"")
                .collect(Collectors.joining(",", "{\"enum\": [", "]}"));
    }

    private static String endless(int tokens) {
        return field("max_tokens", tokens + ", \"ignore_eos\": true, \"stream\": true");
    }

    private static JsonObject create(int tokens) {
        return new JsonObject()
                .put("type", "response.create")
                .put("input", "go")
                .put("ignore_eos", true)
                .put("max_output_tokens", tokens);
    }

    private static JsonObject cancel(String id) {
        return new JsonObject().put("type", "response.cancel").put("response_id", id);
    }

    private RawClient.Answer ask(String path, String body) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            return client.send(RawClient.post(path, body)).answer();
        }
    }

    private void refused(String path, String body, int status) throws IOException {
        RawClient.Answer answer = ask(path, body);
        String shown = body.length() > 200 ? body.substring(0, 200) : body;
        assertThat(answer.status()).as("%s -> %s", shown, answer.body()).isEqualTo(status);
        String message = answer.json().getJsonObject("error").getString("message");
        assertThat(ForeignWords.in(message)).as(message).isEmpty();
    }

    private static String text(RawClient.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().getJsonArray("choices").getJsonObject(0).getString("text");
    }

    private static void sendAll(RawClient client, String requests) {
        try {
            client.send(requests);
        } catch (IOException cut) {
            throw new AssertionError(cut);
        }
    }

    /** Answered, or refused in a way that says when to come again, or cut off because there was no place. */
    private void comeBack(ConcurrentLinkedQueue<String> wrong) {
        try (RawClient client = new RawClient(service.port)) {
            RawClient.Answer answer = client.send(
                            RawClient.post(COMPLETIONS, field("max_tokens", "20, \"ignore_eos\": true")))
                    .answer();
            boolean honest = answer.status() == 200
                    || ((answer.status() == 429 || answer.status() == 503)
                            && answer.head().contains("retry-after: "));
            if (!honest) {
                wrong.add(answer.head() + answer.body());
            }
        } catch (SocketException | EOFException noPlace) {
            // Beyond the cap connections are closed at once.
        } catch (IOException | RuntimeException odd) {
            wrong.add(odd.toString());
        }
    }

    private static void close(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    private static String closeOf(RawClient client) throws IOException {
        try {
            while (true) {
                client.event();
            }
        } catch (EOFException closed) {
            return String.valueOf(closed.getMessage());
        }
    }
}
