package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.api.ollama.OllamaRoutes;
import dev.tramontane.api.openai.ModelRoutes;
import dev.tramontane.api.openai.OpenAiRoutes;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseRoutes;
import dev.tramontane.api.responses.ResponseServices;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.fixtures.AnswersOnly;
import dev.tramontane.fixtures.Needed;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.LoadListener;
import dev.tramontane.generation.TextGenerator;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** What goes over the wire while a request waits for its model, and what requests may say of how long models stay. */
class WaitsForModelsTest {
    private static final ApiConfig CONFIG = TestService.config(TransportLimits.DEFAULT, 64, Duration.ofMillis(20));

    private static final String COMMENT = ": the model is being loaded, 42 %";

    private final List<MonoSink<Void>> waiting = new CopyOnWriteArrayList<>();
    private final List<String> kept = new CopyOnWriteArrayList<>();
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private final int port;

    /** A model that is being loaded until the test says otherwise. */
    private final class Loading extends AnswersOnly {
        Loading() {
            super("m", 100);
        }

        @Override
        public Flux<GenerationEvent> generate(GenerationRequest request) {
            return Flux.deferContextual(context -> {
                KeepAlive keep = KeepAlive.of(context);
                if (keep != null) {
                    kept.add("answer " + keep.time());
                }
                return loaded().thenMany(Flux.just(
                        new Accepted(new int[] {1}, "x"),
                        new Delta(0, "word", List.of()),
                        new Finished(0, Reason.STOP, "", new Usage(1, 0, 1))));
            });
        }
    }

    private Mono<Void> loaded() {
        return Mono.deferContextual(context -> {
            Objects.requireNonNull(LoadListener.of(context)).waits("m", 42);
            return Mono.create(waiting::add);
        });
    }

    private final class Models implements ServedModels, ServedModels.Keeping {
        private final TextGenerator generator = new Loading();

        @Override
        public List<Entry> list() {
            return List.of(new Entry("m", 0, generator.profile(), new Stay("loading", 42, OptionalLong.empty())));
        }

        @Override
        public @Nullable TextGenerator find(@Nullable String name) {
            return name == null || name.equals("m") ? generator : null;
        }

        @Override
        public Keeping keeping() {
            return this;
        }

        @Override
        public Mono<Void> load(String id, @Nullable KeepAlive keep) {
            kept.add("load " + id + (keep == null ? "" : " " + keep.time()));
            return loaded();
        }

        @Override
        public void unload(String id) {
            kept.add("unload " + id);
        }
    }

    WaitsForModelsTest() {
        Models models = new Models();
        RequestMemory memory = new RequestMemory(1 << 26);
        port = new HttpService(
                        vertx,
                        CONFIG,
                        List.of(
                                new ModelRoutes(models),
                                new ResponseRoutes(new ResponseServices(
                                        vertx,
                                        CONFIG,
                                        models,
                                        HttpObserver.NONE,
                                        memory,
                                        new ResponseStore(1 << 20, Duration.ofHours(1)),
                                        ReplayLimits.DEFAULT,
                                        Instant::now)),
                                new OpenAiRoutes(vertx, CONFIG, models, HttpObserver.NONE, memory, Instant::now),
                                new OllamaRoutes(
                                        vertx,
                                        CONFIG,
                                        models,
                                        id -> TestService.FACTS,
                                        HttpObserver.NONE,
                                        memory,
                                        Instant::now)),
                        HttpObserver.NONE)
                .start()
                .await();
    }

    @AfterEach
    void close() {
        client.shutdownNow();
        vertx.close().await();
    }

    private BufferedReader ask(String path, String body) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    /** Whoever passes over the comment, and whoever loses the event behind it, has lost nothing. */
    private static String event(BufferedReader lines) throws IOException {
        assertThat(lines.readLine()).isEqualTo(COMMENT);
        String data = lines.readLine();
        assertThat(lines.readLine()).isEmpty();
        return data;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/completions | {\"prompt\": \"x\", \"stream\": true}",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"stream\": true}"
            })
    void aStreamSaysHowFarItIsAndThenAnswers(String path, String body) throws Exception {
        BufferedReader lines = ask(path, body);
        for (int i = 0; i < 2; i++) {
            assertThat(event(lines)).startsWith("data: {").doesNotContain("word");
        }
        waiting.getFirst().success();
        String rest = lines.lines().collect(Collectors.joining("\n"));
        assertThat(rest).contains("word").endsWith("data: [DONE]\n");
    }

    /** OpenAI's package reads comments and empty chunks as they are. */
    @Test
    @Tag("clients")
    void openAisPythonWaits() throws Exception {
        String python = Needed.client("venv/bin/python").toString();
        CompletableFuture<?> client = CompletableFuture.runAsync(() -> {
            try {
                ClientProgram.run(
                        python, "src/test/clients/several_models.py", "http://127.0.0.1:" + port, "waits", "m");
            } catch (Exception failed) {
                throw new AssertionError(failed);
            }
        });
        for (int i = 0; i < 2; i++) {
            int before = 2 * i;
            await().until(() -> waiting.size() > before || client.isDone());
            BufferedReader beside = ask("/v1/completions", "{\"prompt\": \"x\", \"stream\": true}");
            event(beside); // It began later, so the client has had as many.
            event(beside);
            event(beside);
            waiting.forEach(MonoSink::success);
            beside.close();
        }
        client.join();
    }

    /** Its head is out, so the error is the last event. */
    @Test
    void aStreamWhoseModelCannotBeLoadedEndsWithOneError() throws Exception {
        BufferedReader lines = ask("/v1/completions", "{\"prompt\": \"x\", \"stream\": true}");
        event(lines);
        waiting.getFirst().error(new GenerationException(Kind.FAILED, "no such file", "", 0));
        List<String> rest =
                lines.lines().filter(line -> line.startsWith("data: ")).toList();
        assertThat(rest.stream().filter(line -> line.contains("error")))
                .singleElement()
                .asString()
                .contains("no such file");
    }

    @Test
    void anAnswerInOnePieceAndLinesOfJsonBeatWithBlanks() throws Exception {
        BufferedReader whole = ask("/v1/completions", "{\"prompt\": \"x\"}");
        assertThat(whole.readLine()).isEmpty();
        waiting.getFirst().success();
        assertThat(whole.lines().collect(Collectors.joining())).contains("word");
        BufferedReader lines = ask("/api/generate", "{\"prompt\": \"x\", \"keep_alive\": 90}");
        assertThat(lines.read()).isEqualTo(' ');
        waiting.getLast().success();
        assertThat(lines.lines().collect(Collectors.joining("\n")))
                .contains("\"response\":\"word\"")
                .doesNotContain("loaded,");
        assertThat(kept).containsExactly("answer PT1M30S");
    }

    /** They are recorded, and read from the record. */
    @Test
    void recordedAnswersSayItToo() throws Exception {
        BufferedReader events = ask("/v1/responses", "{\"input\": \"x\", \"stream\": true, \"store\": false}");
        for (int i = 0; i < 2; i++) {
            assertThat(events.readLine()).isEqualTo(COMMENT);
            assertThat(events.readLine()).isEqualTo("event: keepalive");
            assertThat(events.readLine()).startsWith("data: {");
            assertThat(events.readLine()).isEmpty();
        }
        waiting.getLast().success();
        assertThat(events.lines().collect(Collectors.joining("\n")))
                .contains("\"delta\":\"word\"")
                .contains("event: response.completed");
        BufferedReader whole = ask("/v1/responses", "{\"input\": \"x\"}");
        assertThat(whole.readLine()).isEmpty();
        waiting.getLast().success();
        assertThat(whole.lines().collect(Collectors.joining())).contains("\"status\":\"completed\"");
        HttpResponse<InputStream> resumable = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
                        .header("Content-Type", "application/json")
                        .header("X-Resume-Time", "60")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"x\", \"stream\": true}"))
                        .build(),
                BodyHandlers.ofInputStream());
        BufferedReader kept = new BufferedReader(new InputStreamReader(resumable.body(), StandardCharsets.UTF_8));
        assertThat(kept.readLine()).isEqualTo(COMMENT);
        waiting.getLast().success();
        assertThat(kept.lines().collect(Collectors.joining("\n"))).contains("word");
    }

    @Test
    void aReaderWhoLeavesGivesUpWaiting() throws Exception {
        BufferedReader lines = ask("/v1/completions", "{\"prompt\": \"x\", \"stream\": true}");
        event(lines);
        boolean[] gone = {false};
        waiting.getFirst().onDispose(() -> gone[0] = true);
        lines.close();
        await().until(() -> gone[0]);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | load m",
                "\"keep_alive\": 5 | load m PT5S",
                "\"keep_alive\": 0.5 | load m PT0.5S",
                "\"keep_alive\": \"1h30m\" | load m PT1H30M",
                "\"keep_alive\": \"1.5s\" | load m PT1.5S",
                "\"keep_alive\": -1 | load m PT-0.001S",
                "\"keep_alive\": \"-1m\" | load m PT-0.001S",
                "\"keep_alive\": 99999999999999999999 | load m PT-0.001S",
                "\"keep_alive\": 0 | unload m",
                "\"keep_alive\": \"0s\" | unload m"
            })
    void withoutAPromptItIsLoadedOrUnloaded(String said, String done) throws Exception {
        BufferedReader lines = ask("/api/generate", "{\"model\": \"m\"" + (said.isEmpty() ? "" : ", " + said) + "}");
        if (done.startsWith("load")) {
            assertThat(lines.readLine()).as("it waits").isEmpty();
            waiting.getFirst().success();
        }
        JsonObject told = new JsonObject(lines.lines().collect(Collectors.joining()));
        assertThat(told.getString("done_reason")).isEqualTo(done.substring(0, done.indexOf(' ')));
        assertThat(told.getBoolean("done")).isTrue();
        assertThat(kept).containsExactly(done);
    }

    @Test
    void theListSaysHowItStands() throws Exception {
        HttpResponse<String> models = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/models"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(new JsonObject(models.body())
                        .getJsonArray("data")
                        .getJsonObject(0)
                        .getJsonObject("status"))
                .isEqualTo(new JsonObject().put("value", "loading").put("percent", 42));
    }
}
