package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.OtlpReceiver;
import dev.tramontane.fixtures.TinyModel;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a collector gets of the whole program's requests. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracesTest {
    private static final Pattern ADDRESS = Pattern.compile("at http://(\\S+)\\R");
    private static final String PARENT = "00f067aa0ba902b7";
    private static final String SECRET = "zebra";

    @TempDir
    private static Path dir;

    private final CapturedProgram program = new CapturedProgram();
    private final HttpClient client = HttpClient.newHttpClient();
    private OtlpReceiver collector;
    private CompletableFuture<Outcome> running;
    private String authority;

    @BeforeAll
    void serve() throws IOException {
        collector = new OtlpReceiver();
        String model = TinyModel.PLAIN.withContext(16_384).writeTo(dir).toString();
        running = CompletableFuture.supplyAsync(
                () -> program.run(
                        ("serve --served-model-name tiny --port 0 --threads 1 --trace-sample 0 --otlp-endpoint "
                                        + collector.url() + "/ --model " + model)
                                .split(" ")),
                command -> Thread.ofPlatform().daemon().start(command));
        await().until(() -> running.isDone() || ADDRESS.matcher(program.shown()).find());
        Matcher address = ADDRESS.matcher(program.shown());
        assertThat(address.find()).as("started: %s", running).isTrue();
        authority = address.group(1);
    }

    @AfterAll
    void end() throws Exception {
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
        collector.close();
        client.close();
        assertThat(collector.wrong()).isEmpty();
        assertThat(collector.everything()).as("names and numbers, no text").doesNotContain(SECRET);
    }

    private HttpRequest completion(String trace, JsonObject more) {
        JsonObject body = new JsonObject()
                .put("prompt", SECRET)
                .put("temperature", 0)
                .put("ignore_eos", true)
                .mergeIn(more);
        return HttpRequest.newBuilder(URI.create("http://" + authority + "/v1/completions"))
                .header("Content-Type", "application/json")
                .header("traceparent", "00-" + trace + "-" + PARENT + "-01")
                .header("tracestate", "vendor=x")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build();
    }

    /** The trace's spans by name, once there are so many. */
    private Map<String, List<Span>> spans(String trace, int count) {
        await().untilAsserted(() -> assertThat(collector.trace(trace)).hasSizeGreaterThanOrEqualTo(count));
        assertThat(collector.trace(trace)).hasSize(count);
        return collector.trace(trace).stream().collect(Collectors.groupingBy(Span::getName));
    }

    private static String id(Span span) {
        return OtlpReceiver.hex(span.getSpanId().toByteArray());
    }

    private static String parent(Span span) {
        return OtlpReceiver.hex(span.getParentSpanId().toByteArray());
    }

    private static Map<String, String> attributes(Span span) {
        return OtlpReceiver.attributes(span.getAttributesList());
    }

    private static Span only(Map<String, List<Span>> spans, String name) {
        List<Span> named = spans.getOrDefault(name, List.of());
        assertThat(named).as(name).hasSize(1);
        return named.getFirst();
    }

    @Test
    void aStreamIsARequestAQueueAPrefillADecodeAndADelivery() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        long before = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis() - 1);
        HttpResponse<String> answer = client.send(
                completion(trace, new JsonObject().put("max_tokens", 20).put("stream", true)), BodyHandlers.ofString());
        long after = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis() + 1);
        assertThat(answer.statusCode()).isEqualTo(200);
        Map<String, List<Span>> spans = spans(trace, 5);

        Span request = only(spans, "POST /v1/completions");
        assertThat(request.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
        assertThat(parent(request)).isEqualTo(PARENT);
        assertThat(request.getTraceState()).isEqualTo("vendor=x");
        assertThat(answer.headers().firstValue("traceparent")).contains("00-" + trace + "-" + id(request) + "-01");
        assertThat(answer.headers().firstValue("tracestate")).contains("vendor=x");
        assertThat(attributes(request))
                .containsEntry("http.request.method", "POST")
                .containsEntry("http.route", "/v1/completions")
                .containsEntry("http.response.status_code", "200")
                .containsEntry("gen_ai.operation.name", "text_completion")
                .containsEntry("gen_ai.request.model", "tiny")
                .containsEntry("gen_ai.usage.output_tokens", "20")
                .containsEntry("gen_ai.response.finish_reasons", "length")
                .containsEntry(
                        "tramontane.id",
                        answer.headers().firstValue("x-request-id").orElseThrow())
                .doesNotContainKey("error.type");
        String promptTokens = attributes(request).get("gen_ai.usage.input_tokens");
        assertThat(request.getStartTimeUnixNano()).isBetween(before, after);
        // Its client may have it before the server says so to itself.
        assertThat(request.getEndTimeUnixNano()).isGreaterThan(request.getStartTimeUnixNano());

        Span queue = only(spans, "queue");
        Span prefill = only(spans, "prefill");
        Span decode = only(spans, "decode");
        Span delivery = only(spans, "delivery");
        for (Span part : List.of(queue, prefill, decode, delivery)) {
            assertThat(parent(part)).as(part.getName()).isEqualTo(id(request));
        }
        assertThat(attributes(prefill)).containsEntry("tramontane.prompt_tokens", promptTokens);
        assertThat(attributes(decode)).containsEntry("tramontane.generated_tokens", "20");
        assertThat(queue.getEndTimeUnixNano()).isEqualTo(prefill.getStartTimeUnixNano());
        assertThat(prefill.getEndTimeUnixNano()).isEqualTo(decode.getStartTimeUnixNano());
        assertThat(decode.getEndTimeUnixNano()).isGreaterThan(decode.getStartTimeUnixNano());
        assertThat(delivery.getEndTimeUnixNano()).isEqualTo(request.getEndTimeUnixNano());
        assertThat(delivery.getStartTimeUnixNano()).isGreaterThan(request.getStartTimeUnixNano());
        Map<String, String> resource = OtlpReceiver.attributes(
                collector.resources.getFirst().getResource().getAttributesList());
        assertThat(resource).containsEntry("service.name", "tramontane").containsKey("service.version");
    }

    @Test
    void everyPromptAndChoiceHasItsOwn() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4737";
        JsonObject two =
                new JsonObject().put("max_tokens", 3).put("n", 2).put("prompt", List.of(SECRET, SECRET + SECRET));
        assertThat(client.send(completion(trace, two), BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
        Map<String, List<Span>> spans = spans(trace, 2 + 3 * 4);
        assertThat(spans.get("decode"))
                .extracting(span -> attributes(span).get("tramontane.prompt")
                        + attributes(span).get("tramontane.choice"))
                .containsExactlyInAnyOrder("00", "01", "10", "11");
        assertThat(attributes(only(spans, "POST /v1/completions")))
                .containsEntry("gen_ai.usage.output_tokens", "12")
                .containsEntry("gen_ai.response.finish_reasons", "length,length,length,length");
    }

    @Test
    void aRefusalIsARequestOnly() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4738";
        JsonObject wrong = new JsonObject().put("max_tokens", -1);
        assertThat(client.send(completion(trace, wrong), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(400);
        Span request = only(spans(trace, 1), "POST /v1/completions");
        assertThat(attributes(request))
                .containsEntry("http.response.status_code", "400")
                .containsEntry("error.type", "invalid_request_error")
                .doesNotContainKey("gen_ai.operation.name");
        assertThat(request.getStatus().getCode())
                .as("a client's fault is not the server's")
                .isEqualTo(Status.StatusCode.STATUS_CODE_UNSET);
    }

    /** Whoever leaves hears nothing more, but the engine's times are told all the same. */
    @Test
    void aClientThatLeavesLeavesATrace() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4739";
        HttpResponse<InputStream> answer = client.send(
                completion(trace, new JsonObject().put("max_tokens", 16_000).put("stream", true)),
                BodyHandlers.ofInputStream());
        try (InputStream stream = answer.body()) {
            assertThat(stream.readNBytes(2000)).hasSize(2000);
        }
        Map<String, List<Span>> spans = spans(trace, 5);
        assertThat(attributes(only(spans, "POST /v1/completions"))).containsEntry("error.type", "disconnected");
        assertThat(only(spans, "decode").getEndTimeUnixNano())
                .isGreaterThan(only(spans, "prefill").getEndTimeUnixNano());
    }

    @Test
    void aResponseOfASocketIsPartOfTheSocketsTrace() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e473a";
        CompletableFuture<String> last = new CompletableFuture<>();
        WebSocket socket = client.newWebSocketBuilder()
                .header("traceparent", "00-" + trace + "-" + PARENT + "-01")
                .buildAsync(URI.create("ws://" + authority + "/v1/responses"), new WebSocket.Listener() {
                    private final StringBuilder text = new StringBuilder();

                    @Override
                    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean whole) {
                        text.append(data);
                        if (whole && text.indexOf("response.incomplete") >= 0) {
                            last.complete(text.toString());
                        }
                        if (whole) {
                            text.setLength(0);
                        }
                        from.request(1);
                        return CompletableFuture.completedStage(null);
                    }
                })
                .get(3, TimeUnit.MINUTES);
        JsonObject create = new JsonObject()
                .put("type", "response.create")
                .put("model", "tiny")
                .put("input", SECRET)
                .put("temperature", 0)
                .put("ignore_eos", true)
                .put("max_output_tokens", 16);
        socket.sendText(create.encode(), true).get(3, TimeUnit.MINUTES);
        last.get(3, TimeUnit.MINUTES);
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(3, TimeUnit.MINUTES);
        Map<String, List<Span>> spans = spans(trace, 6);
        Span opened = only(spans, "GET /v1/responses");
        Span response = only(spans, "SOCKET /v1/responses");
        assertThat(parent(opened)).isEqualTo(PARENT);
        assertThat(attributes(opened)).containsEntry("http.response.status_code", "101");
        assertThat(parent(response)).isEqualTo(id(opened));
        assertThat(attributes(response))
                .containsEntry("gen_ai.operation.name", "chat")
                .containsEntry("gen_ai.usage.output_tokens", "16")
                .doesNotContainKey("http.request.method");
        assertThat(parent(only(spans, "decode"))).isEqualTo(id(response));
    }

    /** Those who scrape and probe do so many times a second; and a client may not want its trace recorded. */
    @Test
    void probesAndWhatIsNotSampledAreNotTold() throws Exception {
        String trace = "4bf92f3577b34da6a3ce929d0e0e473b";
        for (String path : List.of("/metrics", "/livez")) {
            assertThat(asked(path, "00-" + trace + "-" + PARENT + "-01").statusCode())
                    .isEqualTo(200);
        }
        assertThat(asked("/v1/models", "00-" + trace + "-" + PARENT + "-00")
                        .headers()
                        .firstValue("traceparent")
                        .orElseThrow())
                .matches("00-" + trace + "-[0-9a-f]{16}-00");
        HttpResponse<String> own = asked("/v1/models", "nonsense");
        assertThat(own.headers().firstValue("traceparent").orElseThrow())
                .as("of the share of 0")
                .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00");
        asked("/v1/models", "00-" + trace + "-" + PARENT + "-01"); // The only one, and after the others.
        only(spans(trace, 1), "GET /v1/models");
    }

    private HttpResponse<String> asked(String path, String parent) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://" + authority + path))
                        .header("traceparent", parent)
                        .build(),
                BodyHandlers.ofString());
    }
}
