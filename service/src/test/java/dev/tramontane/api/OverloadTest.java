package dev.tramontane.api;

import static dev.tramontane.api.TestService.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.TestService.Reply;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What does not fit into the memory of requests is refused before it is held, and all of it comes back. */
class OverloadTest {
    private static final int MIB = 1 << 20;

    /** For two bodies of 512 KiB and some small ones. */
    private static final long MEMORY = 9 * MIB;

    private TestService service;

    @BeforeEach
    void start() {
        service = TestService.on(
                FakeModel.of(ByteTokenizer.SIZE, 0),
                new EngineConfig(
                        new EngineConfig.Step(8, 64, 64),
                        new EngineConfig.Cache(16, CacheType.F32, 1L << 30),
                        new EngineConfig.Admission(64, 4096, 8, 64, 1 << 20)),
                new ByteTokenizer(),
                MEMORY);
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private static String head(String length) {
        return "POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + length
                + "\r\n\r\n";
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    /** Status line and headers. */
    private static String answer(Socket socket) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder head = new StringBuilder();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            head.append(line).append('\n');
        }
        return head.toString();
    }

    @Test
    void aBodyThatDoesNotFitIsRefusedByItsLengthUnread() throws IOException {
        List<Socket> unfinished = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Socket socket = service.connect();
            send(socket, head("Content-Length: " + MIB / 2) + "{\"prompt\": \"");
            unfinished.add(socket);
        }
        eventually().until(() -> service.memory.held() > 8 * MIB);
        for (int i = 0; i < 5; i++) {
            try (Socket refused = service.connect()) {
                send(refused, head("Content-Length: " + MIB / 2)); // Not a byte of the body.
                assertThat(answer(refused)).startsWith("HTTP/1.1 503").contains("Retry-After: ");
            }
        }
        try (Socket asking = service.connect()) {
            send(asking, head("Expect: 100-continue\r\nContent-Length: " + MIB / 2));
            assertThat(answer(asking)).as("not asked to go on").startsWith("HTTP/1.1 503");
        }
        assertThat(service.completion(TestService.body("hi", new JsonObject().put("max_tokens", 3)))
                        .status())
                .as("a small one still fits")
                .isEqualTo(200);
        assertThat(service.get("/livez").status()).isEqualTo(200);
        for (Socket socket : unfinished) {
            socket.close();
        }
        eventually().until(() -> service.memory.held() == 0);
        assertThat(service.observer.reasons).contains("request_memory");
        Reply whole = service.completion(TestService.body("x".repeat(3000), new JsonObject().put("max_tokens", 3)));
        assertThat(whole.status()).isEqualTo(200);
    }

    @Test
    void aChunkedBodyIsStoppedWhenTheMemoryIsGone() throws IOException {
        try (Socket socket = service.connect()) {
            send(socket, head("Transfer-Encoding: chunked"));
            String chunk = "10000\r\n" + "a".repeat(0x10000) + "\r\n";
            try {
                for (int i = 0; i < 32; i++) { // 2 MiB of body would be 16 MiB of memory.
                    send(socket, chunk);
                }
            } catch (SocketException reset) {
                // It has said what it had to say.
            }
            assertThat(answer(socket)).startsWith("HTTP/1.1 413");
        }
        eventually().until(() -> service.memory.held() == 0);
    }

    /** A small body of many marks is a large tree. */
    @Test
    void aTreeIsWeighedBeforeItIsMade() {
        StringBuilder body = new StringBuilder("{\"prompt\": \"x\", \"y\": [");
        for (int i = 0; i < 100_000; i++) {
            body.append(i == 0 ? "{}" : ",{}");
        }
        Reply refused = service.post("/v1/completions", body.append("]}").toString());
        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.error().getString("code")).isEqualTo("request_memory");
        eventually().until(() -> service.memory.held() == 0);
    }

    /** The largest request there is. Whole answers are counted as they grow; streamed ones are not kept. */
    @Test
    void anAnswerInOnePieceIsStoppedWhenItIsTooLarge() {
        JsonArray prompts = new JsonArray();
        for (int i = 0; i < TestService.CONFIG.requests().prompts(); i++) {
            prompts.add("p" + i);
        }
        JsonObject many = new JsonObject()
                .put("model", TestService.MODEL)
                .put("prompt", prompts)
                .put("n", 8)
                .put("logprobs", 20)
                .put("max_tokens", 2) // Four times the memory.
                .put("ignore_eos", true);
        assertThat(prompts).hasSize(256);
        assertThat(RequestMemory.ofTokens(256 * 8 * 2, 20)).isGreaterThan(3 * MEMORY);
        Reply refused = service.post("/v1/completions", many.encode());
        assertThat(refused.status()).isEqualTo(413);
        assertThat(refused.error().getString("code")).isEqualTo("request_memory");
        assertThat(refused.error().getString("message")).contains("stream");
        eventually()
                .until(() ->
                        service.memory.held() == 0 && service.engine.status().pagesReserved() == 0);

        Reply streamed =
                service.post("/v1/completions", many.copy().put("stream", true).encode());
        assertThat(streamed.status()).isEqualTo(200);
        assertThat(streamed.body()).endsWith("data: [DONE]\n\n").doesNotContain("request_memory");
        eventually()
                .until(() ->
                        service.memory.held() == 0 && service.engine.status().pagesReserved() == 0);
    }

    @Test
    void everyRefusalIsCountedByItsReason() throws IOException {
        service.get("/nowhere");
        service.post("/v1/completions", "{");
        service.post("/v1/completions", "{\"prompt\": 1.5}");
        service.post("/v1/models", "{}");
        try (Socket socket = service.connect()) {
            send(socket, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
            assertThat(answer(socket)).startsWith("HTTP/1.1 400");
        }
        eventually()
                .untilAsserted(() -> assertThat(service.observer.reasons)
                        .containsExactly(
                                "unknown_url", "invalid_request", "invalid_request", "method_not_allowed", "bad_host"));
    }
}
