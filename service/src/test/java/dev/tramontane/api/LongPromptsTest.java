package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.PromptText;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Six clients with prompts of eight megabytes beside a lively one: counted is what is encoded for others before the
 * lively one has its first token.
 */
class LongPromptsTest {
    private static final String LIVELY = "{\"prompt\": \"hi\", \"max_tokens\": 1}";
    private static final int CLIENTS = 6;

    private static String completion(String text) {
        return new JsonObject().put("prompt", text).put("max_tokens", 1).encode();
    }

    private static String chat(String text) {
        JsonObject message = new JsonObject().put("role", "user").put("content", text);
        return new JsonObject()
                .put("messages", new JsonArray().add(message))
                .put("max_tokens", 1)
                .encode();
    }

    @Test
    void whatCannotFitCostsNobodyAnEncoding() throws Exception {
        ByteTokenizer tokenizer = new ByteTokenizer();
        String eight = "x".repeat((8 << 20) - 200);
        try (TestService service = TestService.running(new ScriptedEngine("a"), tokenizer, null, TestService.CONFIG);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<TestService.Reply>> replies = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                String path = i % 2 == 0 ? "/v1/completions" : "/v1/chat/completions";
                String body = i % 2 == 0 ? completion(eight) : chat(eight);
                replies.add(clients.submit(() -> service.post(path, body)));
            }
            for (int i = 0; i < 20; i++) {
                assertThat(service.post("/v1/completions", LIVELY).status()).isEqualTo(200);
            }
            for (Future<TestService.Reply> reply : replies) {
                TestService.Reply refused = reply.get(3, TimeUnit.MINUTES);
                assertThat(refused.status()).as(refused.body()).isEqualTo(400);
                assertThat(refused.error().getString("code")).isEqualTo("context_length_exceeded");
                assertThat(refused.error().getString("message"))
                        .isEqualTo("This model's context is " + ScriptedEngine.CONTEXT
                                + " tokens. The prompt has more. Shorten the prompt.");
            }
            assertThat(tokenizer.encoded())
                    .as("tokens, all of the lively client's")
                    .isEqualTo(20L * "hi".length());
        }
    }

    /** Encodes no long text before the test allows it, as if that took for ever. */
    private static final class SlowTokenizer extends ByteTokenizer {
        final CountDownLatch allowed = new CountDownLatch(1);
        final AtomicInteger longBegun = new AtomicInteger();

        @Override
        public long leastTokens(PromptText prompt) {
            return 0; // As if a token could stand for all of it: nothing is refused by its length.
        }

        @Override
        public int[] encode(PromptText prompt, EncodingLimit limit) {
            if (prompt.text().length() > 100) {
                longBegun.incrementAndGet();
                while (allowed.getCount() > 0) {
                    limit.checkWanted();
                    Thread.onSpinWait();
                }
            }
            return super.encode(prompt, limit);
        }
    }

    /** Long prompts that might fit are under way and wait, of one request with 256 prompts among others. */
    @Test
    void shortPromptsPassLongOnesThatAreBeingEncoded() throws Exception {
        SlowTokenizer tokenizer = new SlowTokenizer();
        JsonArray prompts = new JsonArray();
        for (int i = 0; i < 256; i++) {
            prompts.add("y".repeat(15_000));
        }
        String many =
                new JsonObject().put("prompt", prompts).put("max_tokens", 1).encode();
        String longText = completion("x".repeat(1 << 20));
        try (TestService service = TestService.running(new ScriptedEngine("a"), tokenizer, null, TestService.CONFIG);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<TestService.Reply>> replies = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                replies.add(clients.submit(() -> service.post("/v1/completions", longText)));
            }
            replies.add(clients.submit(() -> service.post(
                    "/tokenize",
                    new JsonObject().put("prompt", "x".repeat(1 << 20)).encode())));
            TestService.eventually().until(() -> tokenizer.longBegun.get() > 0);
            for (int i = 0; i < 20; i++) {
                assertThat(service.post("/v1/completions", LIVELY).status()).isEqualTo(200);
            }
            assertThat(tokenizer.longBegun.get()).as("of the long ones begun").isEqualTo(1);
            assertThat(tokenizer.encoded())
                    .as("tokens, all of the lively client's")
                    .isEqualTo(20L * "hi".length());
            tokenizer.allowed.countDown();
            for (Future<TestService.Reply> reply : replies) {
                assertThat(reply.get(3, TimeUnit.MINUTES).status()).isIn(200, 400);
            }
            assertThat(service.post("/v1/completions", many).status()).isEqualTo(400);
        }
    }

    /** A client that leaves ends the encoding of its prompt, which otherwise would never end. */
    @Test
    void whoLeavesIsNotEncodedFor() throws Exception {
        SlowTokenizer tokenizer = new SlowTokenizer();
        try (TestService service = TestService.running(new ScriptedEngine("a"), tokenizer, null, TestService.CONFIG)) {
            for (int i = 1; i <= 3; i++) {
                int begun = i;
                try (Socket client = service.connect()) {
                    String request = TestService.request("/v1/completions", completion("x".repeat(1 << 20)));
                    client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                    TestService.eventually().until(() -> tokenizer.longBegun.get() == begun);
                }
            }
            assertThat(tokenizer.encoded()).isZero();
        }
    }
}
