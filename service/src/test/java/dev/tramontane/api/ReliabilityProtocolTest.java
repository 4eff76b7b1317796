package dev.tramontane.api;

import static dev.tramontane.api.AttackedService.CHATS;
import static dev.tramontane.api.AttackedService.COMPLETIONS;
import static dev.tramontane.api.AttackedService.CONNECTIONS;
import static dev.tramontane.api.AttackedService.PATIENCE_MILLIS;
import static dev.tramontane.api.AttackedService.asking;
import static dev.tramontane.api.AttackedService.close;
import static dev.tramontane.api.AttackedService.closeOf;
import static dev.tramontane.api.AttackedService.endless;
import static dev.tramontane.api.AttackedService.item;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What clients say, and how, by their numbers in docs/faults.md; what each is answered in detail is held by the tests that the same table names. */
class ReliabilityProtocolTest extends AttackTests {
    @Override
    List<AttackedService.Item> items() {
        return List.of(
                item(1, "malformed heads, bodies and frames of every kind, and half a farewell", () -> {
                    for (TransportTest.Wire wire : TransportTest.wires()) {
                        if (!wire.name().equals("huge chunk")) { // It is none here, where bodies may have a megabyte.
                            isAnswered(wire);
                        }
                    }
                    for (Frames each : frames()) {
                        isClosed(each);
                    }
                    try (RawClient client = at.connect()) {
                        client.send(RawClient.upgrade()
                                .replaceFirst("\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"));
                        assertThat(client.head()).contains(" 101 ").doesNotContain("sec-websocket-extensions");
                    }
                    try (RawClient client = at.connect()) { // Who says that no more will come has gone.
                        int gone = at.service.observer.disconnects.get();
                        client.send(RawClient.post(COMPLETIONS, endless(400))).head();
                        client.finish();
                        TestService.eventually().until(() -> at.service.observer.disconnects.get() > gone);
                    }
                }),
                item(2, "a thousand requests at once on one connection", () -> {
                    try (RawClient client = at.connect()) {
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
                        try (RawClient client = at.connect()) {
                            client.send("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: a.localhost\r\nContent-Type:"
                                    + " application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
                            assertThat(client.rest(PATIENCE_MILLIS))
                                    .containsPattern("(?s)^(HTTP/1.1 4(00|13|31) .*)?$");
                        } catch (SocketException closed) {
                            // As good an answer, while we were still sending.
                        }
                        TestService.eventually().until(() -> !at.service.observer.reasons.isEmpty());
                    }
                }),
                item(4, "a body that drips in for ever", "request_timeout", () -> {
                    try (RawClient client = at.connect()) {
                        String whole = RawClient.post(COMPLETIONS, " ".repeat(5000));
                        client.send(whole.substring(0, whole.length() - 5000));
                        for (int i = 0; i < 5000 && at.service.observer.reasons.isEmpty(); i++) {
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
                            idle.add(at.connect());
                        }
                        TestService.eventually()
                                .until(() -> at.service.observer.refused.get() > 0
                                        && at.service.observer.connections.get() <= CONNECTIONS + 32);
                    } finally {
                        close(idle);
                    }
                }),
                item(6, "a flood of pings, and pings that nobody answers", () -> {
                    try (RawClient client = at.connect()) {
                        client.send(RawClient.upgrade()).head();
                        for (int i = 0; i < 10_000; i++) {
                            client.send(RawClient.frame(RawClient.PING, new byte[] {1}));
                        }
                        assertThat(closeOf(client)).contains("1008");
                    } catch (SocketException closed) {
                        // Ten thousand were too many to hear the reason.
                    }
                    try (RawClient client = at.connect()) {
                        client.answersPings = false;
                        client.send(RawClient.upgrade()).head();
                        client.send(RawClient.message(asking(400))); // Of which the canary leaves it a part.
                        assertThat(closeOf(client)).contains("1008");
                    }
                }),
                item(7, "requests before a key, nonsense on a socket in mid-answer", "invalid_message", () -> {
                    KeyRing ring = new KeyRing(List.of(), System::nanoTime);
                    try (TestService locked =
                            TestService.keyed(Doorkeeper.of(ring, KeyObserver.NONE), new ScriptedEngine("ok"))) {
                        for (String request : List.of(RawClient.upgrade(), RawClient.post(COMPLETIONS, endless(400)))) {
                            try (RawClient client = new RawClient(locked.port)) {
                                client.send(request);
                                assertThat(client.answer().status()).isEqualTo(401);
                            }
                        }
                    }
                    try (RawClient client = at.connect()) {
                        client.send(RawClient.upgrade()).head();
                        client.send(RawClient.message(asking(60)));
                        client.event();
                        client.send(RawClient.frame(2, new byte[] {0, 1, 2}));
                        client.send(RawClient.message(new JsonObject().put("type", "nonsense")));
                        client.send(RawClient.message(asking(3))); // Its turn comes when the first has ended.
                        List<String> errors = new ArrayList<>();
                        List<String> ends = new ArrayList<>();
                        while (errors.size() < 2 || ends.size() < 2) {
                            JsonObject event = client.event();
                            if (event.getString("type").equals("error")) {
                                errors.add(event.encode());
                            } else if (Canary.isLast(event.getString("type"))) {
                                ends.add(event.encode());
                            }
                        }
                        assertThat(errors).allMatch(error -> error.contains("\"invalid_request_error\""));
                        assertThat(ends).allMatch(end -> end.contains("max_output_tokens"));
                        assertThat(ends.getFirst()).contains("\"output_tokens\":60");
                        assertThat(ends.getLast()).contains("\"output_tokens\":3");
                    }
                }),
                item(8, "pages of foreign origins, over both protocols", "origin_not_allowed", () -> {
                    for (String request : List.of(RawClient.get("/livez"), RawClient.upgrade())) {
                        try (RawClient client = at.connect()) {
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
                        at.refused(COMPLETIONS, body, 400);
                    }
                    at.tooLarge(COMPLETIONS, "{\"prompt\": \"" + "x".repeat(10_000_000) + "\"}");
                    try (RawClient client = at.connect()) {
                        byte[] utf16 = "{\"prompt\": \"p\"}".getBytes(StandardCharsets.UTF_16);
                        client.send("POST " + COMPLETIONS + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type:"
                                        + " application/json\r\nContent-Length: " + utf16.length + "\r\n\r\n")
                                .send(utf16);
                        assertThat(client.answer().status()).isEqualTo(400);
                    }
                }),
                item(10, "compressed bodies", () -> {
                    for (String coding : List.of("gzip", "br", "zstd", "deflate")) {
                        try (RawClient client = at.connect()) {
                            client.send(RawClient.post(COMPLETIONS, "{}")
                                    .replaceFirst("\r\n", "\r\nContent-Encoding: " + coding + "\r\n"));
                            assertThat(client.answer().status()).isEqualTo(415);
                        }
                    }
                }),
                item(11, "lines of one's own in a log or a stream", () -> {
                    for (String evil : List.of("a\\r\\nPOST /x 200", "a\\u2028b\\u0085c", "\\u001b[31m")) {
                        at.refused(COMPLETIONS, "{\"prompt\": \"p\", \"model\": \"" + evil + "\"}", 404);
                        assertThat(at.ask(
                                                COMPLETIONS,
                                                "{\"prompt\": \"p\", \"max_tokens\": 1, \"user\": \"" + evil + "\"}")
                                        .status())
                                .isEqualTo(200);
                    }
                    try (RawClient client = at.connect()) {
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
                    try (RawClient client = at.connect()) {
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
                        try (RawClient client = at.connect()) {
                            assertThat(Integer.parseInt(
                                            client.send(request).head().substring(9, 12)))
                                    .as(request)
                                    .isIn(405, 415, 417);
                        }
                    }
                }));
    }

    private static void sendAll(RawClient client, String requests) {
        try {
            client.send(requests);
        } catch (IOException cut) {
            throw new AssertionError(cut);
        }
    }

    private void isAnswered(TransportTest.Wire wire) throws IOException {
        try (RawClient client = at.connect()) {
            client.send(wire.request());
            assertThat(client.rest(PATIENCE_MILLIS)).as(wire.name()).contains(" " + wire.status() + " ");
        } catch (SocketException closed) {
            // It was refused before all of it was sent.
            assertThat(wire.request().length()).as(wire.name()).isGreaterThan(4096);
        }
    }

    /** What is sent after a handshake, and the code that the socket is closed with. */
    private record Frames(String name, int code, byte[]... frames) {}

    private static Frames frames(String name, int code, byte[]... frames) {
        return new Frames(name, code, frames);
    }

    private static List<Frames> frames() {
        byte[] x = {'x'};
        byte[][] endless = new byte[20][];
        for (int i = 0; i < endless.length; i++) {
            endless[i] = beginning(i == 0 ? RawClient.TEXT : 0, RawClient.frame(0, new byte[60_000]));
        }
        return List.of(
                frames("a reserved bit", 1002, beginning(0xc1, RawClient.frame(RawClient.TEXT, x))),
                frames("not masked", 1002, new byte[] {(byte) 0x81, 1, 'x'}),
                frames("a length of 2^62", 1009, new byte[] {(byte) 0x81, -1, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                frames("a long ping", 1002, RawClient.frame(RawClient.PING, new byte[126])),
                frames("no UTF-8", 1007, RawClient.frame(RawClient.TEXT, new byte[] {(byte) 0xc3, '"'})),
                frames("a code of nobody", 1002, RawClient.frame(RawClient.CLOSE, new byte[] {3, (byte) 0xe7})),
                frames("fragments without an end", 1009, endless));
    }

    /** The frame with other bits and another opcode. */
    private static byte[] beginning(int first, byte[] frame) {
        frame[0] = (byte) first;
        return frame;
    }

    private void isClosed(Frames each) throws IOException {
        try (RawClient client = at.connect()) {
            client.send(RawClient.upgrade()).head();
            for (byte[] frame : each.frames()) {
                client.send(frame);
            }
            assertThat(closeOf(client)).as(each.name()).contains(Integer.toString(each.code()));
        } catch (SocketException closed) {
            // It was closed before all of it was sent.
            assertThat(each.frames().length).as(each.name()).isGreaterThan(1);
        }
    }
}
