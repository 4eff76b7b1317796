package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.page.ChatPage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Everything that can be asked of a service at once, over every route and protocol, small and as large as it may be. */
final class EveryRoute implements AutoCloseable {
    private static final Executor ASIDE = task -> Thread.ofVirtual().start(task);

    private final TestService service;

    /** The page and metrics, on the same event loop. */
    private final HttpService others;

    private final int othersPort;
    /** Clients at a time: that hundreds come in one moment is no fault of the loop's. */
    private final Semaphore places = new Semaphore(24);

    private final List<CompletableFuture<Void>> asked = new ArrayList<>();

    EveryRoute(TestService service) {
        this.service = service;
        others = new HttpService(
                service.vertx,
                TestService.CONFIG,
                List.of(new ChatPage(), new MetricsRoute(service.vertx, new MetricsRoute.Text() {
                    @Override
                    public String contentType() {
                        return "text/plain";
                    }

                    @Override
                    public byte[] render() {
                        return "metric 1\n".repeat(20_000).getBytes(StandardCharsets.UTF_8);
                    }
                })),
                HttpObserver.NONE);
        othersPort = others.start().await();
    }

    @Override
    public void close() {
        others.stop(Duration.ofMillis(10)).await();
    }

    /** Asks for all of it, and waits for all answers. */
    void load() {
        for (int i = 0; i < 16; i++) {
            stream(i);
        }
        for (int i = 0; i < 2; i++) {
            large();
            structured();
            responses(i);
            socket(i);
            resumed(i);
            small();
        }
        asked.forEach(CompletableFuture::join);
        asked.clear();
    }

    /** Something that a client does. */
    @FunctionalInterface
    private interface Deed {
        void run() throws IOException;
    }

    private void aside(Deed deed) {
        asked.add(CompletableFuture.runAsync(
                () -> {
                    places.acquireUninterruptibly();
                    try {
                        deed.run();
                    } catch (IOException broken) {
                        throw new UncheckedIOException(broken);
                    } finally {
                        places.release();
                    }
                },
                ASIDE));
    }

    private TestService.Reply posted(String path, String body) {
        TestService.Reply reply = service.post(path, body);
        assertThat(reply.status()).as("%s: %.300s", path, reply.body()).isIn(200, 400, 413, 429, 503);
        return reply;
    }

    private void post(String path, String body) {
        aside(() -> posted(path, body));
    }

    private static JsonObject few(int tokens) {
        return new JsonObject().put("max_tokens", tokens).put("ignore_eos", true);
    }

    private void stream(int seed) {
        post(
                "/v1/completions",
                TestService.body(
                                "go",
                                few(60).put("stream", true).put("logprobs", 5).put("seed", seed))
                        .encode());
    }

    /** Megabytes, made, read, written and refused off the loop. */
    private void large() {
        String long1 = "x".repeat(1 << 20);
        post("/tokenize", "{\"prompt\": \"" + "x".repeat(1 << 19) + "\"}");
        post("/detokenize", "{\"tokens\": [120" + ", 120".repeat(1 << 19) + "]}");
        for (String path : List.of(
                "/v1/completions",
                "/v1/chat/completions",
                "/v1/responses",
                "/v1/fim/completions",
                "/api/chat",
                "/api/generate",
                "/generate")) {
            post(path, "{\"prompt\": \"" + long1 + "\"}"); // Too long, or no field of it.
            post(path, "{\"prompt\": [" + "1, ".repeat(300_000)); // No JSON.
            post(path, "{\"messages\": " + "[".repeat(1 << 20)); // Deep.
            post(path, "{\"input\": [" + "{\"role\": \"user\", \"content\": \"a\"},".repeat(20_000) + "{}]}"); // Many.
        }
        post(
                "/v1/chat/completions",
                "{\"messages\": [" + "{\"role\": \"user\", \"content\": \"a\"},".repeat(20_000)
                        + "{\"role\": \"user\", \"content\": \"a\"}]}");
        post("/v1/completions", "{\"prompt\": \"a\", \"stop\": [\"s\"" + ", \"s\"".repeat(1 << 18) + "]}");
        post("/v1/completions", "{\"prompt\": \"a\", \"logit_bias\": {" + numbers(100_000) + "}}");
    }

    private static String numbers(int count) {
        return IntStream.range(0, count).mapToObj(id -> "\"" + id + "\": 1").collect(Collectors.joining(","));
    }

    /** Forms of answers and tools, large, hostile, and as people have them. */
    private void structured() {
        String values = IntStream.range(0, 5000)
                .mapToObj(value -> "\"value number " + value + "\"")
                .collect(Collectors.joining(",", "{\"enum\": [", "]}"));
        String fields = IntStream.range(0, 300)
                .mapToObj(field -> "\"field" + field + "\": {\"type\": \"string\", \"pattern\": \"^[a-z]{1,20}$\"}")
                .collect(Collectors.joining(",", "{\"type\": \"object\", \"properties\": {", "}}"));
        for (String schema : List.of(
                values,
                fields,
                "{\"items\": ".repeat(10_000) + "{}" + "}".repeat(10_000),
                "{\"type\": \"string\", \"pattern\": \"^(a+)+$\"}",
                "{\"type\": \"string\", \"pattern\": \"" + "(".repeat(60_000) + "\"}")) {
            post(
                    "/v1/chat/completions",
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], \"max_tokens\": 8, \"response_format\":"
                            + " {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"n\", \"schema\": " + schema
                            + "}}}");
        }
        JsonArray tools = new JsonArray();
        for (int i = 0; i < 100; i++) {
            tools.add(JsonObject.of(
                    "type",
                    "function",
                    "function",
                    JsonObject.of("name", "tool" + i, "parameters", new JsonObject(fields))));
        }
        post(
                "/v1/chat/completions",
                TestService.chatBody(few(8).put("tools", tools)).encode());
    }

    /** Responses that are kept: made, read, read on, listed, continued, cancelled, deleted. */
    private void responses(int seed) {
        aside(() -> {
            JsonObject body = new JsonObject()
                    .put("input", "go " + seed)
                    .put("max_output_tokens", 40)
                    .put("ignore_eos", true);
            JsonObject kept = posted("/v1/responses", body.encode()).json();
            String path = "/v1/responses/" + kept.getString("id");
            for (String more : List.of("", "?stream=true&starting_after=3", "/input_items")) {
                assertThat(service.get(path + more).status())
                        .as(more)
                        .isIn(200, 410); // Of what was not streamed no events are kept.
            }
            posted(
                    "/v1/responses",
                    body.copy()
                            .put("previous_response_id", kept.getString("id"))
                            .encode());
            JsonObject behind = posted(
                            "/v1/responses",
                            body.copy()
                                    .put("background", true)
                                    .put("max_output_tokens", 300)
                                    .encode())
                    .json();
            assertThat(service.post("/v1/responses/" + behind.getString("id") + "/cancel", "")
                            .status())
                    .isEqualTo(200);
            assertThat(service.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + path))
                                    .DELETE())
                            .status())
                    .isEqualTo(200);
        });
    }

    /** Lanes, steering, cancelling, resuming, and messages as large and as deep as they may be. */
    private void socket(int seed) {
        aside(() -> {
            try (RawClient client = new RawClient(service.port)) {
                client.send(RawClient.upgrade()).head();
                JsonObject create = AttackedService.asking(60).put("input", "go " + seed);
                for (int lane = 0; lane < 4; lane++) {
                    client.send(RawClient.message(create.copy().put("stream_id", "lane" + lane)));
                }
                int ends = 0;
                String last = "";
                boolean steered = false;
                while (ends < 4) {
                    JsonObject event = client.event();
                    if (event.getString("type").equals("response.created") && !steered) {
                        steered = true;
                        last = event.getJsonObject("response").getString("id");
                        client.send(RawClient.message(JsonObject.of(
                                "type", "response.steer", "previous_response_id", last, "input", "further")));
                    }
                    // What is steered ends twice: where it was stopped, and as its successor.
                    boolean stopped = event.encode().contains("\"reason\":\"steered\"");
                    ends += Canary.isLast(event.getString("type")) && !stopped ? 1 : 0;
                }
                client.send(RawClient.message(JsonObject.of("type", "response.resume", "response_id", last)));
                untilEnd(client);
                for (String odd :
                        List.of("{\"type\": " + "[".repeat(30_000), "{\"type\": \"" + "x".repeat(60_000) + "\"}")) {
                    client.send(RawClient.frame(RawClient.TEXT, odd.getBytes(StandardCharsets.UTF_8)));
                    assertThat(untilEnd(client).getString("type")).isEqualTo("error");
                }
            }
        });
    }

    private static JsonObject untilEnd(RawClient client) throws IOException {
        JsonObject event;
        do {
            event = client.event();
        } while (!Canary.isLast(event.getString("type")));
        return event;
    }

    /** A stream that outlives its connection, and goes on at another one. */
    private void resumed(int seed) {
        aside(() -> {
            String body = TestService.body("on and on " + seed, few(200).put("stream", true))
                    .encode();
            String request = RawClient.post("/v1/completions", body)
                    .replaceFirst("\r\n", "\r\nX-Resume-Time: 30\r\nX-Request-Id: resumed-" + seed + "\r\n");
            try (RawClient client = new RawClient(service.port)) {
                client.send(request).head();
                client.chunk();
                client.reset();
            }
            posted("/v1/completions", body);
        });
    }

    /** What is asked all the time. */
    private void small() {
        for (String path : List.of(
                "/livez",
                "/readyz",
                "/v1/models",
                "/capacity",
                "/version",
                "/openapi.json",
                "/nowhere",
                "/v1/responses/x")) {
            aside(() -> assertThat(service.get(path).status()).isIn(200, 404));
        }
        for (String path : List.of("/", "/metrics")) {
            aside(() -> {
                try (RawClient client = new RawClient(othersPort)) {
                    assertThat(client.send(RawClient.get(path)).answer().status())
                            .isEqualTo(200);
                }
            });
        }
    }
}
