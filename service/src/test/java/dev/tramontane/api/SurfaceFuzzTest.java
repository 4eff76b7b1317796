package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.Mutator;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Bytes of HTTP and of WebSocket, broken at random, whole or in pieces, with every kind of end. After each, the next
 * well-formed request answers exactly as before; nothing is answered with 500, and nothing is logged as an error. Longer:
 * {@code -Dtramontane.fuzz.inputs=N}; the same again: {@code -Dtramontane.fuzz.seed=S}.
 */
class SurfaceFuzzTest {
    private static final int INPUTS = 1500;

    /** How often all three canaries are asked. */
    private static final int ALL_EVERY = 16;

    private static final String SMALL = "{\"prompt\": \"p\", \"max_tokens\": 2}";

    private static final List<String> REQUESTS = List.of(
            RawClient.get("/health"),
            RawClient.get("/v1/models"),
            RawClient.get("/v1/models/toy%2Fbytes"),
            RawClient.get("/livez") + RawClient.post("/v1/completions", SMALL) + RawClient.get("/readyz"),
            RawClient.post("/v1/completions", SMALL),
            RawClient.post(
                    "/v1/chat/completions",
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"h\u00e9\"}], \"max_tokens\": 3, \"stream\":"
                            + " true}"),
            RawClient.post(
                    "/api/chat",
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"h\u00e9\"}], \"options\": {\"num_predict\":"
                            + " 2, \"stop\": [\"x\"]}, \"keep_alive\": \"5m\", \"format\": \"json\"}"),
            RawClient.post(
                    "/api/generate", "{\"prompt\": \"p\", \"options\": {\"num_predict\": 2}, \"stream\": false}"),
            RawClient.get("/api/tags") + RawClient.post("/api/show", "{\"model\": \"toy/bytes\"}"),
            RawClient.post("/", "{\"inputs\": \"p\", \"parameters\": {\"max_new_tokens\": 2, \"details\": true}}"),
            RawClient.post(
                    "/generate_stream", "{\"inputs\": \"p\", \"parameters\": {\"max_new_tokens\": 2, \"seed\": 1}}"),
            RawClient.post("/tokenize", "{\"prompt\": \"some words\"}"),
            RawClient.post("/detokenize", "{\"tokens\": [1, 2, 3]}"),
            "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding:"
                    + " chunked\r\n\r\n10\r\n" + SMALL.substring(0, 16) + "\r\n"
                    + Integer.toHexString(SMALL.length() - 16) + "\r\n" + SMALL.substring(16) + "\r\n0\r\n\r\n",
            "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect:"
                    + " 100-continue\r\nContent-Length: " + SMALL.length() + "\r\n\r\n" + SMALL,
            String.join(
                    "\r\n",
                    "OPTIONS /v1/completions HTTP/1.1",
                    "Host: 127.0.0.1",
                    "Origin: https://listed.example",
                    "Access-Control-Request-Method: POST",
                    "",
                    ""));

    private static final List<String> WORDS = List.of(
            "\r\n",
            "\r\n\r\n",
            "\n",
            ": ",
            " ",
            "HTTP/1.0",
            "HTTP/9.9",
            "GET ",
            "POST ",
            "HEAD ",
            "CONNECT ",
            "*",
            "Host: a\r\n",
            "Host: a b@c/d?e#f\r\n",
            "Origin: null\r\n",
            "Connection: close\r\n",
            "Upgrade: h2c\r\n",
            "Content-Length: 0\r\n",
            "Content-Length: 99999999999\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Expect: x\r\n",
            "Content-Type: text/plain\r\n",
            "Content-Encoding: br\r\n",
            "%",
            "%00",
            "/../",
            "?",
            "#",
            "ffffffff",
            "0\r\n",
            "null",
            "\"",
            "{",
            "[",
            "-1",
            "1e400",
            "\\ud800",
            "\"stream\": true,",
            "\"n\": 8,");

    @Test
    void theNextRequestAnswersAsBefore() throws IOException {
        long seed = Seeds.next();
        int count = Integer.getInteger("tramontane.fuzz.inputs", INPUTS);
        SplittableRandom random = new SplittableRandom(seed);
        Mutator http = new Mutator(Mutator.utf8(REQUESTS), Mutator.utf8(WORDS));
        Mutator frames = new Mutator(sockets(), List.of(RawClient.frame(RawClient.PING, new byte[0]), new byte[] {1}));
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        EngineConfig engine = new EngineConfig(
                new EngineConfig.Step(8, 64, 64),
                new EngineConfig.Cache(16, CacheType.F16, 16 << 20),
                new EngineConfig.Admission(64, 2048, 8, 64, 1 << 20));
        try (TestService service = TestService.on(FakeModel.of(ByteTokenizer.SIZE, 16), engine, TestService.CONFIG)) {
            Canary canary = new Canary(service);
            logged.start();
            root.addAppender(logged);
            int answered = 0;
            for (int i = 0; i < count; i++) {
                boolean socket = i % 3 == 2;
                byte[] input = (socket ? frames : http).next(random);
                String name = "seed " + seed + ", input " + i + ": " + shown(input);
                String answer = provoke(service, socket, input, random);
                answered += answer.isEmpty() ? 0 : 1;
                assertThat(answer).as(name).doesNotContain("HTTP/1.1 500 ").doesNotContain("internal_error");
                if (i % ALL_EVERY == 0) {
                    canary.singsAll(name);
                } else {
                    canary.sings(name);
                }
            }
            assertThat(logged.list)
                    .as("seed %d", seed)
                    .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.ERROR))
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .isEmpty();
            // Most of them, unless the machine takes longer for an answer than this client waits.
            assertThat(answered).as("inputs that were answered at all").isGreaterThan(count / 20);
            Quiet.await(service);
        } finally {
            root.detachAppender(logged);
        }
    }

    /** Sends the input, in one or in several pieces, and reads what comes until the service or this client has enough. */
    private static String provoke(TestService service, boolean socket, byte[] input, SplittableRandom random)
            throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            try {
                if (socket) {
                    client.send(RawClient.upgrade()).head();
                }
                int pieces = 1 + random.nextInt(3);
                for (int p = 0; p < pieces; p++) {
                    int from = input.length * p / pieces;
                    client.send(Arrays.copyOfRange(input, from, input.length * (p + 1) / pieces));
                }
                if (random.nextBoolean()) {
                    client.finish();
                }
                return client.rest(5 + random.nextInt(20));
            } catch (SocketException cut) {
                return "cut"; // An answer of its own: the service has closed while the client was sending.
            } finally {
                if (random.nextInt(4) == 0) {
                    client.reset();
                }
            }
        }
    }

    private static List<byte[]> sockets() throws IOException {
        JsonObject create = new JsonObject()
                .put("type", "response.create")
                .put("input", "hi")
                .put("max_output_tokens", 3);
        JsonObject cancel = new JsonObject().put("type", "response.cancel").put("response_id", "resp_x");
        List<byte[]> sessions = new ArrayList<>();
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.write(RawClient.message(create));
        whole.write(RawClient.frame(RawClient.PING, "p".getBytes(StandardCharsets.UTF_8)));
        whole.write(RawClient.message(cancel));
        whole.write(RawClient.frame(RawClient.CLOSE, new byte[] {3, (byte) 0xe8}));
        sessions.add(whole.toByteArray());
        sessions.add(RawClient.message(create));
        byte[] first = RawClient.message(create);
        first[0] &= 0x7f; // Not the last fragment.
        ByteArrayOutputStream fragments = new ByteArrayOutputStream();
        fragments.write(first);
        fragments.write(RawClient.frame(0, new byte[0]));
        sessions.add(fragments.toByteArray());
        return sessions;
    }

    private static String shown(byte[] input) {
        return HexFormat.of().formatHex(input, 0, Math.min(input.length, 400));
    }
}
