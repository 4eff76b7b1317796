package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.Doorkeeper;
import dev.tramontane.fixtures.AccessLines;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.security.SecureRandom;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Keys over the WebSocket: in headers, or as browsers can show them. */
class KeySocketTest {
    private final String key = SecretKey.make(new SecureRandom());
    private final AtomicLong clock = new AtomicLong();
    private final AtomicLong underWay = new AtomicLong();
    private final KeyRing ring = new KeyRing(List.of(entry(KeyLimits.NONE)), clock::get);
    private final ScriptedEngine engine = new ScriptedEngine("answer");
    private final Served served = new Served(engine, Served.config(), Doorkeeper.of(ring, new KeyObserver() {
                @Override
                public void streams(String name, int change) {
                    underWay.addAndGet(change);
                }
            }))
            .stepping(engine::step);

    private KeyEntry entry(KeyLimits limits) {
        return new KeyEntry("web", SecretKey.hash(key), limits);
    }

    @AfterEach
    void close() {
        served.close();
    }

    private static JsonObject create() {
        return new JsonObject().put("type", "response.create").put("input", "hi");
    }

    private static JsonObject last(RawSocket socket) throws IOException {
        JsonObject event = socket.event();
        while (!List.of("response.completed", "error").contains(event.getString("type"))) {
            event = socket.event();
        }
        return event;
    }

    private static int code(JsonObject error) {
        return error.getInteger("status");
    }

    @Test
    void aKeyIsAskedForBeforeTheUpgrade() throws Exception {
        try (RawSocket none = RawSocket.open(served.port);
                RawSocket wrong = RawSocket.open(
                        served.port, "Sec-WebSocket-Protocol: responses, openai-insecure-api-key.sk-tm-wrong")) {
            assertThat(none.status()).isEqualTo(401);
            assertThat(wrong.status()).isEqualTo(401);
        }
        try (RawSocket socket = RawSocket.open(served.port, "Authorization: Bearer " + key)) {
            assertThat(socket.status()).isEqualTo(101);
            socket.send(create());
            assertThat(last(socket).getString("type")).isEqualTo("response.completed");
        }
    }

    /** The only way for a browser: its WebSocket takes protocols, but no headers. */
    @Test
    void aKeyMayBeOfferedAsAProtocolAndIsNotChosen() throws Exception {
        try (AccessLines lines = new AccessLines();
                RawSocket socket = RawSocket.open(
                        served.port, "Sec-WebSocket-Protocol: openai-insecure-api-key." + key + ", realtime")) {
            assertThat(socket.head.toLowerCase(Locale.ROOT))
                    .startsWith("http/1.1 101 ")
                    .contains("sec-websocket-protocol: realtime\r\n")
                    .doesNotContain("sk-tm-");
            Awaitility.await().until(() -> lines.with("key=web").size() == 1);
            assertThat(lines.with("sk-tm-")).isEmpty();
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            WebSocket socket = client.newWebSocketBuilder()
                    .subprotocols("responses", "openai-insecure-api-key." + key)
                    .buildAsync(
                            URI.create("ws://127.0.0.1:" + served.port + "/v1/responses"), new WebSocket.Listener() {})
                    .get(3, TimeUnit.MINUTES);
            assertThat(socket.getSubprotocol()).isEqualTo("responses");
            socket.abort();
        }
    }

    @Test
    void aKeyThatIsTakenAwayEndsTheSocketAtItsNextRequest() throws Exception {
        try (RawSocket socket = RawSocket.open(served.port, "X-Api-Key: " + key)) {
            socket.send(create());
            assertThat(last(socket).getString("type")).isEqualTo("response.completed");
            ring.replace(
                    List.of(new KeyEntry("web", SecretKey.hash(SecretKey.make(new SecureRandom())), KeyLimits.NONE)));
            socket.send(create());
            assertThat(socket.closeCode()).isEqualTo(1008);
        }
        Awaitility.await().until(() -> underWay.get() == 0);
    }

    @Test
    void eachResponseCountsAsARequest() throws Exception {
        ring.replace(List.of(entry(new KeyLimits(2, 0, 0, 0))));
        try (RawSocket socket = RawSocket.open(served.port, "X-Api-Key: " + key)) {
            for (int i = 0; i < 2; i++) {
                socket.send(create());
                assertThat(last(socket).getString("type")).isEqualTo("response.completed");
            }
            socket.send(create());
            JsonObject refused = last(socket);
            assertThat(code(refused)).isEqualTo(429);
            assertThat(refused.getString("code")).isEqualTo("rate_limit_exceeded");
            assertThat(refused.getJsonObject("error").getJsonObject("headers").getString("retry-after"))
                    .isEqualTo("30");
            clock.addAndGet(30_000_000_000L);
            socket.send(create());
            assertThat(last(socket).getString("type")).isEqualTo("response.completed");
        }
    }

    @Test
    void tokensAndPlacesAreGivenBack() throws Exception {
        ring.replace(List.of(entry(new KeyLimits(0, 10, 1, 0))));
        try (RawSocket socket = RawSocket.open(served.port, "X-Api-Key: " + key)) {
            socket.send(create().put("max_output_tokens", 4096)); // More than fits: refused by the generator.
            assertThat(code(last(socket))).isEqualTo(400);
            socket.send(create());
            assertThat(last(socket).getString("type")).isEqualTo("response.completed");
            Awaitility.await().until(() -> underWay.get() == 0);
            socket.send(create());
            assertThat(code(last(socket)))
                    .as("more than ten tokens were computed")
                    .isEqualTo(429);
        }
    }
}
