package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.Ports;
import dev.tramontane.fixtures.TestCertificates;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code serve --stages} and {@code stage} over loopback: answers as in one piece, a stage that goes and comes back, and what is refused. */
final class StagesTest {
    private static final String PROMPT = "the quick brown fox and the lazy dog ".repeat(20);

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    Path dir;

    /** {@code stage} until it is closed. */
    private static final class RunningStage implements AutoCloseable {
        private static final Pattern ADDRESS = Pattern.compile("tramontane: stage at (\\S+):(\\d+)\\R");
        final CapturedProgram program = new CapturedProgram();
        final CompletableFuture<Outcome> running;
        final int port;

        RunningStage(Path model, int at, String... more) {
            String[] args = Stream.concat(
                            Stream.of("stage", model.toString(), "--listen", "localhost:" + at, "--threads", "1"),
                            Stream.of(more))
                    .toArray(String[]::new);
            running = CompletableFuture.supplyAsync(
                    () -> program.run(args),
                    command -> Thread.ofPlatform().daemon().start(command));
            await().until(() ->
                    running.isDone() || ADDRESS.matcher(program.shown()).find());
            Matcher matcher = ADDRESS.matcher(program.shown());
            assertThat(matcher.find()).as("started: %s", running).isTrue();
            port = Integer.parseInt(matcher.group(2));
        }

        @Override
        public void close() {
            program.terminate();
            assertThat(running.orTimeout(3, TimeUnit.MINUTES).join().code()).isZero();
        }
    }

    private Path model() throws IOException {
        return TinyModel.PLAIN.writeTo(Files.createTempDirectory(dir, "stage"));
    }

    private HttpResponse<String> get(RunningService service, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(service.address + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> ask(RunningService service, JsonObject request) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(service.address + "/v1/completions"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(request.encode()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private List<String> answers(RunningService service) throws Exception {
        List<String> all = new ArrayList<>();
        for (int seed = 1; seed <= 3; seed++) {
            JsonObject request = new JsonObject()
                    .put("prompt", seed == 1 ? "a" : PROMPT + seed)
                    .put("max_tokens", 40)
                    .put("seed", seed)
                    .put("n", 2)
                    .put("logprobs", 2)
                    .put("temperature", seed == 3 ? 0 : 1);
            HttpResponse<String> answer = ask(service, request);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            all.add(new JsonObject(answer.body()).getJsonArray("choices").encode());
        }
        return all;
    }

    /** Right guesses so far, with those of an answer alone that asks for them: it gets them whatever they cost by measured times. */
    private double accepted(RunningService service) throws Exception {
        JsonObject request = new JsonObject()
                .put("prompt", "a")
                .put("max_tokens", 24)
                .put("temperature", 0)
                .put("ignore_eos", true)
                .put(
                        "speculation",
                        new JsonObject().put("method", "draft_model").put("tokens", 3));
        HttpResponse<String> answer = ask(service, request);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HeldByProcess.sum(
                get(service, "/metrics").body(), "tramontane_guessed_tokens_total", "result=\"accepted\"");
    }

    /** With a model in the server's process that guesses. */
    @Test
    void answersAreThoseOfOneProcessAlsoAfterAStageWasLost() throws Exception {
        List<String> expected;
        try (RunningService whole = new RunningService(dir)) {
            expected = answers(whole);
        }
        Path model = model();
        Path secret = Files.writeString(dir.resolve("secret"), "a secret of at least 32 characters\n");
        String[] shared = {"--stage-secret-file", secret.toString()};
        RunningStage second = new RunningStage(model, Ports.free(), shared); // Which nobody takes until it is back.
        try (RunningStage first = new RunningStage(model, 0, shared);
                RunningService service = new RunningService(
                        dir,
                        "--stages",
                        "localhost:" + first.port + ",localhost:" + second.port,
                        "--stage-secret-file",
                        secret.toString(),
                        "--draft-model",
                        model.toString(),
                        "--speculate",
                        "draft_model:3")) {
            assertThat(answers(service)).isEqualTo(expected);
            double guessed = accepted(service);
            assertThat(guessed).as("tokens that the draft model guessed").isPositive();
            assertThat(new JsonObject(get(service, "/capacity").body()).getJsonArray("stages"))
                    .hasSize(3)
                    .element(2)
                    .isEqualTo(new JsonObject()
                            .put("name", "localhost:" + second.port)
                            .put("first_layer", 2)
                            .put("layers", 1)
                            .put("there", true));
            second.close();
            await().until(() -> get(service, "/readyz").statusCode() == 503);
            String lost = "the stage of layer 2 was lost";
            assertThat(get(service, "/readyz").body()).contains(lost).doesNotContain("localhost");
            HttpResponse<String> refused = ask(service, new JsonObject().put("prompt", "a"));
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains(lost).doesNotContain("localhost");
            assertThat(new JsonObject(get(service, "/capacity").body())
                            .getJsonArray("stages")
                            .getJsonObject(2)
                            .getBoolean("there"))
                    .isFalse();
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            assertThat(get(service, "/livez").statusCode()).isEqualTo(200);
            try (RunningStage again = new RunningStage(model, second.port, shared)) {
                await().until(() -> get(service, "/readyz").statusCode() == 200);
                assertThat(answers(service)).isEqualTo(expected);
                assertThat(accepted(service)).isGreaterThan(guessed);
                String metrics = get(service, "/metrics").body();
                assertThat(metrics)
                        .contains("tramontane_stage_losses_total{stage=\"localhost:" + again.port + "\"} 1.0")
                        .contains("tramontane_stage_ready{stage=\"localhost:" + again.port + "\"} 1.0");
            }
        }
    }

    /** Its parts go to each stage, again when one has lost them. */
    @Test
    void anAdapterIsComputedByEveryStageAlsoAfterALoss() throws Exception {
        JsonNode trained = Oracle.read("peft-adapters").get("trained");
        Path model = Oracle.path("models/mistral-window-16");
        RunningStage stage = new RunningStage(model, Ports.free());
        JsonObject request = new JsonObject()
                .put("model", "roses")
                .put("prompt", trained.get("text").asString())
                .put("temperature", 0)
                .put("max_tokens", 40);
        try (SeveralModels server = new SeveralModels(
                512,
                "--model",
                model.toString(),
                "--stages",
                "localhost:" + stage.port,
                "--lora",
                "roses=" + Oracle.path("adapters/trained"))) {
            assertThat(server.send(server.post("/v1/completions", request)).body())
                    .contains(trained.get("answer").asString());
            stage.close();
            await().until(() ->
                    server.send(server.post("/v1/completions", request)).statusCode() == 503);
            try (RunningStage again = new RunningStage(model, stage.port)) {
                assertThat(again.port).isEqualTo(stage.port);
                await().until(() ->
                        server.send(server.post("/v1/completions", request)).statusCode() == 200);
                assertThat(server.send(server.post("/v1/completions", request)).body())
                        .contains(trained.get("answer").asString());
            }
        }
    }

    @Test
    void certificatesInFilesShowWhoIsThere() throws Exception {
        TestCertificates.Identity one =
                new TestCertificates(dir).selfSigned("one"); // Its own authority, on both sides.
        String certificate =
                Files.writeString(dir.resolve("tls.crt"), one.pem()).toString();
        String[] shown = {
            "--stage-certificate", certificate,
            "--stage-key", Files.writeString(dir.resolve("tls.key"), one.key()).toString(),
            "--stage-authorities", certificate
        };
        try (RunningStage stage = new RunningStage(model(), 0, shown)) {
            assertThat(serve("localhost:" + stage.port, "--stage-wait", "1s"))
                    .contains("stage localhost:" + stage.port + " is not there:");
            Path keys = dir.resolve("keys");
            String user = key("user", "--append", keys.toString());
            String boss = key("boss", "--operator", "--append", keys.toString());
            String[] more = Stream.concat(
                            Stream.of("--stages", "localhost:" + stage.port, "--api-keys", keys.toString()),
                            Stream.of(shown))
                    .toArray(String[]::new);
            try (RunningService service = new RunningService(dir, more)) {
                assertThat(stageNames(service, user)).isEqualTo(List.of("here", "stage 1"));
                assertThat(stageNames(service, boss)).isEqualTo(List.of("here", "localhost:" + stage.port));
            }
        }
    }

    private static String key(String... arguments) {
        return run(Stream.concat(Stream.of("key"), Stream.of(arguments)).toArray(String[]::new))
                .out()
                .lines()
                .findFirst()
                .orElseThrow();
    }

    /** What the holder of a key is told of where stages are. */
    private List<String> stageNames(RunningService service, String key) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(service.address + "/capacity"))
                .header("Authorization", "Bearer " + key)
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new JsonObject(answer.body())
                .getJsonArray("stages").stream()
                        .map(each -> ((JsonObject) each).getString("name"))
                        .toList();
    }

    @Test
    void anotherModelIsRefusedByName() throws Exception {
        Path other = new TinyModel(3, 0, 4096, TinyModel.PLAIN.type(), false, 2)
                .writeTo(Files.createTempDirectory(dir, "other"));
        Path shorter = new TinyModel(2, 0, 4096, TinyModel.PLAIN.type(), false, 1)
                .writeTo(Files.createTempDirectory(dir, "shorter"));
        Path windowed = TinyModel.PLAIN.withWindow(16).writeTo(Files.createTempDirectory(dir, "windowed"));
        try (RunningStage wrong = new RunningStage(other, 0);
                RunningStage same = new RunningStage(windowed, 0);
                RunningStage few = new RunningStage(shorter, 0);
                RunningStage ref = new RunningStage(model(), 0, "--backend", "ref")) {
            assertThat(serve("localhost:" + wrong.port))
                    .contains("stage localhost:" + wrong.port)
                    .contains("its weights of layer 2 are others than the server's");
            assertThat(serve("localhost:" + same.port))
                    .as("its weights are equal")
                    .contains("how they are used");
            assertThat(serve("localhost:" + few.port)).contains("its model has 2 layers");
            assertThat(serve("localhost:" + ref.port)).contains("--backend ref").contains("the server with cpu");
        }
    }

    private String serve(String stages, String... more) throws IOException {
        Outcome refused = run(Stream.concat(
                        Stream.of("serve", model().toString(), "--port", "0", "--threads", "1", "--stages", stages),
                        Stream.of(more))
                .toArray(String[]::new));
        assertThat(refused.code()).isEqualTo(ExitCode.FAILURE);
        return refused.err();
    }

    private static Outcome run(String... args) {
        return new CapturedProgram().run(args);
    }

    @Test
    void whatDoesNotGoTogetherIsSaid() throws IOException {
        String model = model().toString();
        Path weak = Files.writeString(dir.resolve("weak"), "short\n");
        List<List<String>> cases = List.of(
                List.of("--stages", "localhost", "--stages must be host:port"),
                List.of("--stages", "a:1,a:1", "each once"),
                List.of("--stage-layers", "1,2", "needs a number for this process"),
                List.of("--stages", "a:1", "--stage-layers", "2,2", "4 layers together, but the model has 3"),
                List.of("--stages", "a:1,b:1,c:1", "3 layers, too few"),
                List.of("--stages", "a:1", "--stage-secret-file", weak.toString(), "a secret needs 32 or more"),
                List.of("--stages", "a:1", "--stage-secret-file", "nowhere", "cannot be read"),
                List.of("--stages", "a:1", "--stage-key", "k.pem", "--stage-authorities"),
                List.of("--stages", "a:1", "--keep-alive", "5m", "for a server of one model"));
        for (List<String> each : cases) {
            List<String> args = new ArrayList<>(List.of("serve", model, "--port", "0"));
            args.addAll(each.subList(0, each.size() - 1));
            Outcome refused = run(args.toArray(String[]::new));
            assertThat(refused.code()).as("%s", each).isEqualTo(ExitCode.USAGE);
            assertThat(refused.err()).contains(each.getLast());
        }
        Outcome open = run("stage", model, "--listen", "0.0.0.0:0");
        assertThat(open.code()).isNotZero();
        assertThat(open.err()).contains("--stage-secret-file");
        assertThat(run("serve", model, "--port", "0", "--stage-wait", "1s", "--stages", "localhost:1")
                        .err())
                .contains("stage localhost:1 is not there: nobody listens there")
                .contains("--stage-wait");
    }
}
