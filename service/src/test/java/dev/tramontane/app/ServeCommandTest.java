package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The whole program, from its command line to its exit code, over real sockets. */
class ServeCommandTest {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving (\\S+) at (http://\\S+)\\R");

    private static final Pattern OLLAMA = Pattern.compile("tramontane: Ollama's clients at (http://\\S+)\\R");

    @TempDir
    Path dir;

    private final CapturedProgram program = new CapturedProgram();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
    }

    /** Starts the server on a thread of its own; the future has what it came to. */
    private CompletableFuture<Outcome> serve(String... more) throws IOException {
        String model = TinyModel.PLAIN.withContext(16_384).writeTo(dir).toString();
        String[] args = Stream.concat(
                        Stream.of(
                                "serve",
                                "--model",
                                model,
                                "--served-model-name",
                                "tiny",
                                "--port",
                                "0",
                                "--threads",
                                "1"),
                        Stream.of(more))
                .toArray(String[]::new);
        return CompletableFuture.supplyAsync(
                () -> program.run(args), command -> Thread.ofPlatform().daemon().start(command));
    }

    private String address(CompletableFuture<Outcome> running) {
        await().until(() -> running.isDone() || ADDRESS.matcher(program.shown()).find());
        Matcher matcher = ADDRESS.matcher(program.shown());
        assertThat(matcher.find()).as("started: %s", running).isTrue();
        return matcher.group(2);
    }

    private HttpResponse<String> get(String url) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
    }

    private HttpRequest completion(String address, JsonObject body) {
        return HttpRequest.newBuilder(URI.create(address + "/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build();
    }

    private static JsonObject endless(int tokens) {
        return new JsonObject()
                .put("prompt", "hello")
                .put("temperature", 0)
                .put("max_tokens", tokens)
                .put("ignore_eos", true);
    }

    private static List<String> rest(BufferedReader lines) {
        return lines.lines().filter(line -> line.startsWith("data: ")).toList();
    }

    private BufferedReader stream(String address, JsonObject body) throws IOException, InterruptedException {
        HttpResponse<InputStream> response =
                client.send(completion(address, body.put("stream", true)), BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        for (String line = lines.readLine(); !line.startsWith("data: "); line = lines.readLine()) {}
        return lines;
    }

    /** The same at both ports, and both are given back. */
    @Test
    void alsoListensWhereOllamasClientsLook() throws Exception {
        CompletableFuture<Outcome> running = serve("--ollama", "0");
        String address = address(running);
        Matcher second = OLLAMA.matcher(program.shown());
        assertThat(second.find()).as(program.shown()).isTrue();
        assertThat(second.group(1)).isNotEqualTo(address);
        for (String each : List.of(address, second.group(1))) {
            JsonObject tags = new JsonObject(get(each + "/api/tags").body());
            JsonObject model = tags.getJsonArray("models").getJsonObject(0);
            assertThat(model.getString("model")).isEqualTo("tiny");
            assertThat(model.getString("digest")).matches("[0-9a-f]{64}");
            assertThat(model.getLong("size")).isPositive();
            assertThat(model.getJsonObject("details").getString("format")).isEqualTo("gguf");
            assertThat(get(each + "/v1/models").statusCode()).isEqualTo(200);
        }
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
        assertThatThrownBy(() -> get(second.group(1) + "/livez")).isInstanceOf(IOException.class);
    }

    @Test
    void servesUntilItIsTold() throws Exception {
        CompletableFuture<Outcome> running = serve();
        String address = address(running);
        assertThat(get(address + "/livez").statusCode()).isEqualTo(200);
        assertThat(get(address + "/startupz").statusCode()).isEqualTo(200);
        assertThat(get(address + "/readyz").statusCode()).isEqualTo(200);
        JsonObject model = new JsonObject(get(address + "/v1/models").body())
                .getJsonArray("data")
                .getJsonObject(0);
        assertThat(model.getString("id")).isEqualTo("tiny");
        assertThat(model.getInteger("max_model_len")).isEqualTo(16_384);
        HttpResponse<String> answer = client.send(completion(address, endless(5)), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonObject body = new JsonObject(answer.body());
        assertThat(body.getString("system_fingerprint")).matches("tm-[0-9a-f]{8}");
        assertThat(body.getJsonObject("usage").getInteger("completion_tokens")).isEqualTo(5);
        // The step that gave the last token is counted when it is over, which the answer doesn't wait for.
        Awaitility.await()
                .until(() -> get(address + "/metrics").body().contains("tramontane_generation_tokens_total 5.0"));
        assertThat(get(address + "/metrics").body())
                .contains("tramontane_event_loop_delay_seconds_count")
                .contains("jvm_threads_current")
                .contains("tramontane_state{state=\"ready\"} 1.0")
                .contains("tramontane_state{state=\"loading\"} 0.0")
                .contains("tramontane_cache_page_tokens 32.0")
                .containsPattern("tramontane_model_load_seconds (?!0\\.0)")
                .containsPattern("tramontane_model_warm_up_seconds (?!0\\.0)")
                .doesNotContain("vllm:");

        program.terminate();
        Outcome outcome = running.get(3, TimeUnit.MINUTES);
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).matches(ADDRESS);
    }

    @Test
    void templateVariablesAreThoseOfTheSetting() throws Exception {
        CompletableFuture<Outcome> running = serve("--template-variables", "persona");
        String address = address(running);
        for (String name : List.of("persona", "other")) {
            JsonObject body = new JsonObject("{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}")
                    .put("chat_template_kwargs", new JsonObject().put(name, true));
            HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/tokenize"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                    .build();
            HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(name.equals("other") ? 400 : 200);
            assertThat(answer.body()).contains(name.equals("other") ? "list it in --template-variables" : "tokens");
        }
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    @Test
    void figuresAreShownUnderVllmsNamesWhereThatIsWanted() throws Exception {
        CompletableFuture<Outcome> running = serve("--metrics-compat", "vllm");
        String metrics = get(address(running) + "/metrics").body();
        assertThat(metrics)
                .contains("vllm:generation_tokens_total{engine=\"0\",model_name=\"tiny\"} 0.0")
                .contains("vllm:request_params_max_tokens_bucket{engine=\"0\",model_name=\"tiny\",le=\"10000.0\"}")
                .contains("tramontane_generation_tokens_total 0.0");
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    /** The makers' suggestions are what the service tells of, and its log, unless the operator wants none. */
    @ParameterizedTest
    @ValueSource(strings = {"model", "neutral"})
    void samplingIsAsTheMakersSuggestUnlessToldOtherwise(String choice) throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(RunningModel.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.INFO);
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, dir.resolve("suggesting"), 1);
        Files.writeString(model.resolve("generation_config.json"), "{\"temperature\": 0.15, \"top_p\": 0.95}");
        CompletableFuture<Outcome> running = CompletableFuture.supplyAsync(
                () -> program.run(
                        "serve",
                        "--model",
                        model.toString(),
                        "--port",
                        "0",
                        "--threads",
                        "1",
                        "--default-sampling",
                        choice),
                command -> Thread.ofPlatform().daemon().start(command));
        JsonObject told = new JsonObject(get(address(running) + "/v1/models").body())
                .getJsonArray("data")
                .getJsonObject(0)
                .getJsonObject("default_sampling_params");
        assertThat(told)
                .isEqualTo(new JsonObject(choice.equals("model") ? "{\"temperature\": 0.15, \"top_p\": 0.95}" : "{}"));
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
        logger.detachAppender(log);
        logger.setLevel(null);
        String suggested = "temperature 0.15, top_p 0.95";
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .filteredOn(line -> line.startsWith("requests that say nothing else are sampled with "))
                .singleElement()
                .asString()
                .contains(
                        choice.equals("model")
                                ? "with " + suggested + ", as generation_config.json suggests"
                                : "with temperature 1; --default-sampling neutral leaves out")
                .contains(suggested);
    }

    @Test
    void finishesWhatRuns() throws Exception {
        CompletableFuture<Outcome> running = serve("--drain-timeout", "1h");
        try (BufferedReader lines = stream(address(running), endless(200))) {
            program.terminate();
            List<String> events = rest(lines);
            assertThat(events).endsWith("data: [DONE]");
            assertThat(events.get(events.size() - 2)).contains("\"finish_reason\":\"length\"");
        }
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    @Test
    void refusesWhatIsNewWhileItDrains() throws Exception {
        CompletableFuture<Outcome> running = serve("--drain-timeout", "1h");
        String address = address(running);
        try (BufferedReader lines = stream(address, endless(16_000))) {
            program.terminate();
            await().until(() -> get(address + "/readyz").statusCode() == 503);
            assertThat(get(address + "/readyz").body()).contains("shutting down");
            assertThat(get(address + "/livez").statusCode()).isEqualTo(200);
            HttpResponse<String> refused = client.send(completion(address, endless(5)), BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("shutting down");
            assertThat(running).as("the running answer holds the server").isNotDone();
            assertThat(lines.lines().filter(line -> line.startsWith("data: ")).limit(20))
                    .as("and goes on")
                    .hasSize(20);
        }
        // The reader has gone away, so nothing runs any more.
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    /** Routers hear late that it is not ready: until then nobody is refused, and kept connections are given up. */
    @Test
    void takesRequestsForTheDelayWhileItIsNotReady() throws Exception {
        CompletableFuture<Outcome> running = serve("--drain-delay", "1h", "--drain-timeout", "1h");
        String address = address(running);
        assertThat(get(address + "/readyz").headers().firstValue("connection")).isEmpty();
        program.terminate();
        await().until(() -> get(address + "/readyz").statusCode() == 503);
        assertThat(get(address + "/readyz").body()).contains("requests are still taken");
        await().until(() -> get(address + "/metrics").body().contains("tramontane_state{state=\"leaving\"} 1.0"));
        HttpResponse<String> taken = client.send(completion(address, endless(5)), BodyHandlers.ofString());
        assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);
        assertThat(taken.headers().firstValue("connection")).contains("close");
        assertThat(running).as("it waits for requests, though nothing runs").isNotDone();
        try (BufferedReader lines = stream(address, endless(16_000))) {
            program.terminate(); // Skips the delay.
            await().until(() -> client.send(completion(address, endless(5)), BodyHandlers.ofString())
                            .statusCode()
                    == 503);
            HttpResponse<String> refused = client.send(completion(address, endless(5)), BodyHandlers.ofString());
            assertThat(refused.headers().firstValue("connection")).contains("close");
            assertThat(refused.headers().firstValueAsLong("retry-after").orElseThrow())
                    .isBetween(1L, 3600L);
            assertThat(lines.lines().filter(line -> line.startsWith("data: ")).limit(20))
                    .as("what runs goes on")
                    .hasSize(20);
        }
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    @Test
    void cutsWhatIsNotFinishedInTime() throws Exception {
        CompletableFuture<Outcome> running = serve("--drain-timeout", "0s");
        try (BufferedReader lines = stream(address(running), endless(16_000))) {
            program.terminate();
            assertThat(rest(lines)).anyMatch(event -> event.contains("shuts down"));
        }
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    /** A response that is kept has an end of its own: its reader is told why it is not whole. */
    @Test
    void responsesThatAreCutSaySo() throws Exception {
        CompletableFuture<Outcome> running = serve("--drain-timeout", "0s");
        String address = address(running);
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/v1/responses"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"input\": \"hello\", \"stream\": true, \"ignore_eos\": true, \"temperature\": 0}"))
                .build();
        HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            String first = lines.readLine();
            assertThat(first).isEqualTo("event: response.created");
            program.terminate();
            List<String> events = rest(lines);
            JsonObject last = new JsonObject(events.getLast().substring("data: ".length()));
            assertThat(last.getString("type")).isEqualTo("response.incomplete");
            assertThat(last.getJsonObject("response").getJsonObject("incomplete_details"))
                    .isEqualTo(JsonObject.of("reason", "draining"));
        }
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    @Test
    void anAddressThatIsTakenIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            String model = TinyModel.PLAIN.writeTo(dir).toString();
            Outcome outcome = program.run("serve", "--model", model, "--port", port);
            assertThat(outcome.code()).isEqualTo(1);
            assertThat(outcome.err())
                    .hasLineCount(1)
                    .startsWith("tramontane: cannot listen at 127.0.0.1 port " + port + ": ")
                    .contains("--port 0 for a free one");
        }
    }

    @Test
    void nobodyIsServedByAccident() throws Exception {
        for (String host : List.of("0.0.0.0", "::", "192.0.2.1")) {
            Outcome refused = serve("--host", host).get(3, TimeUnit.MINUTES);
            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.err())
                    .hasLineCount(1)
                    .startsWith("tramontane: --host " + host + " lets others than this machine in")
                    .contains("--api-keys FILE", "'tramontane key NAME'", "--allow-anonymous");
        }
        Outcome noKeys = serve("--api-keys", dir.resolve("none").toString()).get(3, TimeUnit.MINUTES);
        assertThat(noKeys.code()).isEqualTo(2);
        assertThat(noKeys.err())
                .hasLineCount(1)
                .startsWith("tramontane: --api-keys: ")
                .contains("does not exist");
    }

    /** Keys come and go with the file, while the server runs; a broken file changes nothing. */
    @Test
    void keysAreReadAnew() throws Exception {
        Path file = dir.resolve("keys");
        String first = key(file, "first");
        CompletableFuture<Outcome> running = serve("--api-keys", file.toString());
        String address = address(running);
        assertThat(get(address + "/livez").statusCode()).isEqualTo(200);
        assertThat(get(address + "/").statusCode())
                .as("the page, which asks for the key")
                .isEqualTo(200);
        assertThat(get(address + "/v1/models").statusCode()).isEqualTo(401);
        assertThat(get(address + "/metrics").statusCode()).isEqualTo(401);
        assertThat(models(address, first)).isEqualTo(200);

        String second = key(file, "second");
        await().until(() -> models(address, second) == 200);
        Files.writeString(file, "broken");
        await().until(() -> metrics(address, first).contains("tramontane_file_refused{file=\"api-keys\"} 1.0"));
        assertThat(models(address, second)).isEqualTo(200);
        Files.delete(file);
        String third = key(file, "third");
        await().until(() -> models(address, third) == 200);
        assertThat(models(address, first)).isEqualTo(401);
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    private static String key(Path file, String name) {
        return new CapturedProgram()
                .run("key", name, "--append", file.toString())
                .out()
                .strip();
    }

    private int models(String address, String key) throws IOException, InterruptedException {
        return with(address + "/v1/models", key).statusCode();
    }

    private String metrics(String address, String key) throws IOException, InterruptedException {
        return with(address + "/metrics", key).body();
    }

    private HttpResponse<String> with(String url, String key) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Authorization", "Bearer " + key)
                        .build(),
                BodyHandlers.ofString());
    }
}
