package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One process, several models, over real sockets. */
class SeveralModelsTest {
    private static final int LONG = 4096;

    @TempDir
    Path dir;

    private String model(long seed) throws Exception {
        return TinyModel.PLAIN.withSeed(seed).writeTo(dir).toString();
    }

    private String alone(long seed) throws Exception {
        try (SeveralModels one = new SeveralModels("--keep-alive", "forever", "m=" + model(seed))) {
            return one.text("m");
        }
    }

    @Test
    void eachAnswersAsItDoesAloneAndListsSayWhichAreLoaded() throws Exception {
        String first = alone(1);
        String second = alone(2);
        assertThat(first).isNotEqualTo(second);
        try (SeveralModels server = new SeveralModels("a=" + model(1), "b=" + model(2))) {
            assertThat(server.names).isEqualTo("a,b");
            assertThat(server.states()).containsExactly("a loaded", "b unloaded");
            assertThat(server.get("/api/ps").getJsonArray("models")).hasSize(1);
            assertThat(server.get("/api/tags").getJsonArray("models")).hasSize(2);
            assertThat(server.get("/readyz").getString("status")).isEqualTo("ok");
            assertThat(server.text("b")).isEqualTo(second);
            assertThat(server.text("a")).isEqualTo(first);
            assertThat(server.states()).containsExactly("a loaded", "b loaded");
            JsonArray running = server.get("/api/ps").getJsonArray("models");
            assertThat(running).hasSize(2);
            assertThat(running.getJsonObject(1).getString("model")).isEqualTo("b");
            HttpResponse<String> nameless = server.send(server.post(
                    "/v1/completions",
                    new JsonObject()
                            .put("prompt", "hello")
                            .put("temperature", 0)
                            .put("ignore_eos", true)
                            .put("max_tokens", 24)));
            assertThat(new JsonObject(nameless.body()).getString("model")).isEqualTo("a");
            HttpResponse<String> unknown =
                    server.send(server.post("/v1/completions", SeveralModels.completion("c", 1)));
            assertThat(unknown.statusCode()).isEqualTo(404);
            // The step that gave the last token is counted when it is over, which the answer doesn't wait for.
            await().untilAsserted(() -> assertThat(
                            server.send(server.request("/metrics").build()).body())
                    .contains("tramontane_models_loaded{model=\"b\"} 1")
                    .contains("tramontane_generation_tokens_total{model=\"b\"} 24")
                    .contains("tramontane_generation_tokens_total{model=\"a\"} 48"));
        }
    }

    @Test
    void aReaderWhoStandsStillKeepsHisModelAndOthersWait() throws Exception {
        try (SeveralModels server = new SeveralModels(
                "--model-memory", "3MiB", "--cache-memory", "1MiB", "a=" + model(1), "b=" + model(2))) {
            String expected = server.text("a");
            BufferedReader reader = server.stream("a", 400);
            var waiting = server.sendLater(server.post("/v1/completions", SeveralModels.completion("b", 1)));
            server.awaitStates("a loaded", "b loading");
            assertThat(waiting).isNotDone();
            assertThat(reader.lines().filter(line -> line.startsWith("data: {")).count())
                    .isGreaterThan(100);
            assertThat(waiting.get().statusCode()).isEqualTo(200);
            server.awaitStates("a unloaded", "b loaded");
            assertThat(server.text("a")).isEqualTo(expected);
        }
    }

    @Test
    void whoeverIsNamedTwiceIsLoadedOnce() throws Exception {
        try (SeveralModels server = new SeveralModels("a=" + model(1), "b=" + model(2), "--load", "b,b")) {
            assertThat(server.states()).containsExactly("a unloaded", "b loaded");
        }
    }

    @Test
    void aFileThatHasGoneIsOneErrorAndTheOthersGoOn() throws Exception {
        String second = model(2);
        try (SeveralModels server = new SeveralModels("a=" + model(1), "b=" + second)) {
            Files.delete(Path.of(second));
            HttpResponse<String> failed = server.send(server.post("/v1/completions", SeveralModels.completion("b", 1)));
            assertThat(failed.statusCode()).isEqualTo(500);
            assertThat(failed.body()).contains("The model 'b' could not be loaded; the server's log says why.");
            assertThat(server.text("a")).isNotEmpty();
            assertThat(server.states()).containsExactly("a loaded", "b unloaded");
            assertThat(server.get("/readyz").getString("status")).isEqualTo("ok");
        }
    }

    /** As Ollama's clients load and unload. */
    @Test
    void modelsAreLoadedAndUnloadedWhenRequestsSaySo() throws Exception {
        try (SeveralModels server = new SeveralModels("a=" + model(1), "b=" + model(2), "--load", "none")) {
            assertThat(server.states()).containsExactly("a unloaded", "b unloaded");
            assertThat(server.get("/capacity?model=b").getLong("cache_bytes")).isPositive();
            JsonObject load = new JsonObject().put("model", "b").put("keep_alive", -1);
            assertThat(new JsonObject(server.send(server.post("/api/generate", load))
                                    .body())
                            .getString("done_reason"))
                    .isEqualTo("load");
            assertThat(server.states()).containsExactly("a unloaded", "b loaded");
            JsonObject running = server.get("/api/ps").getJsonArray("models").getJsonObject(0);
            assertThat(running.getString("model")).isEqualTo("b");
            assertThat(Instant.parse(running.getString("expires_at")))
                    .isAfter(Instant.now().plus(Duration.ofDays(365)));
            JsonObject last = new JsonObject()
                    .put("model", "b")
                    .put("prompt", "hello")
                    .put("stream", false)
                    .put("raw", true)
                    .put("options", new JsonObject().put("num_predict", 2))
                    .put("keep_alive", 0);
            assertThat(server.send(server.post("/api/generate", last)).statusCode())
                    .isEqualTo(200);
            server.awaitStates("a unloaded", "b unloaded");
            server.text("a");
            JsonObject unload = new JsonObject().put("model", "a").put("keep_alive", 0);
            assertThat(new JsonObject(server.send(server.post("/api/chat", unload))
                                    .body())
                            .getString("done_reason"))
                    .isEqualTo("unload");
            server.awaitStates("a unloaded", "b unloaded");
            assertThat(server.get("/readyz").getString("status")).isEqualTo("ok");
        }
    }

    /** What one process could not finish goes on in the next one, on the model that it is of, which is loaded for it. */
    @Test
    void anAnswerGoesOnInTheNextProcessOnItsModel() throws Exception {
        String[] sharing = {
            "a=" + model(1),
            "b=" + model(2),
            "--drain-timeout",
            "0s",
            "--snapshot-dir",
            dir.resolve("kept").toString()
        };
        JsonObject asked = new JsonObject()
                .put("model", "b")
                .put("input", "hello")
                .put("stream", true)
                .put("ignore_eos", true)
                .put("temperature", 0)
                .put("max_output_tokens", LONG - 50);
        String whole;
        try (SeveralModels alone = new SeveralModels(LONG, "b=" + model(2), "a=" + model(1))) {
            whole = words(alone.send(alone.post("/v1/responses", asked)).body());
        }
        String events;
        try (SeveralModels first = new SeveralModels(LONG, sharing)) {
            BufferedReader cut = first.stream("/v1/responses", asked);
            assertThat(first.states()).containsExactly("a loaded", "b loaded");
            first.terminate(); // Its reader stands still until then.
            events = cut.lines().filter(line -> line.startsWith("data: {")).collect(Collectors.joining("\n"));
        }
        String notice = events.substring(events.lastIndexOf("data: ") + "data: ".length());
        String url = new JsonObject(notice).getJsonObject("resume").getString("url");
        try (SeveralModels second = new SeveralModels(LONG, sharing)) {
            assertThat(second.states()).containsExactly("a loaded", "b unloaded");
            String rest = second.send(second.request(url).build()).body();
            assertThat(words(events) + words(rest)).as("%s: %s", url, rest).isEqualTo(whole);
            assertThat(second.states()).containsExactly("a loaded", "b loaded");
        }
    }

    private static String words(String events) {
        StringBuilder words = new StringBuilder();
        for (String line : events.split("\n", -1)) {
            if (line.startsWith("data: {")) {
                words.append(new JsonObject(line.substring("data: ".length())).getString("delta", ""));
            }
        }
        return words.toString();
    }

    @Test
    void whatCanNeverFitAndWhatIsNotListedIsRefusedByNameBeforeAnybodyConnects() throws Exception {
        Outcome tooLarge = new CapturedProgram()
                .run(
                        "serve",
                        "--port",
                        "0",
                        "--model-memory",
                        "1MiB",
                        "--cache-memory",
                        "1MiB",
                        "--context",
                        "512",
                        "a=" + model(1),
                        "b=" + model(2));
        assertThat(tooLarge.code()).isEqualTo(2);
        assertThat(tooLarge.err())
                .contains("the model a can never be loaded: it takes ")
                .contains("--model-memory");
        Outcome together = new CapturedProgram()
                .run(
                        "serve",
                        "--port",
                        "0",
                        "--model-memory",
                        "3MiB",
                        "--cache-memory",
                        "1MiB",
                        "--context",
                        "512",
                        "--threads",
                        "1",
                        "--load",
                        "all",
                        "a=" + model(1),
                        "b=" + model(2));
        assertThat(together.err()).contains("--load: a, b do not fit into the memory for models together");
        Outcome unknown =
                new CapturedProgram().run("serve", "--port", "0", "--load", "c", "a=" + model(1), "b=" + model(2));
        assertThat(unknown.err()).contains("--load: no model is called c; there are a, b");
        Outcome twice = new CapturedProgram().run("serve", "--port", "0", "a=" + model(1), "a=" + model(2));
        assertThat(twice.err()).contains("two models would be called a");
    }
}
