package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Damage;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Adapters of several models, which come and go with them. */
final class SeveralAdaptersTest {
    private static final String MODEL = Oracle.path("models/mistral-window-16").toString();
    private static final String[] TWINS = {"base=" + MODEL, "twin=" + MODEL};

    private final JsonNode trained = Oracle.read("peft-adapters").get("trained");
    private final String answer = trained.get("answer").asString();

    @TempDir
    Path dir;

    private Path adapters;

    @BeforeEach
    void copyAdapters() throws IOException {
        adapters = Files.createDirectories(dir.resolve("adapters"));
        for (String name : List.of("trained", "half")) {
            copy(name, name.equals("trained") ? "roses" : name);
        }
    }

    private void copy(String from, String to) throws IOException {
        Path into = Files.createDirectories(adapters.resolve(to));
        for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
            Files.copy(Oracle.path("adapters/" + from).resolve(file), into.resolve(file));
        }
    }

    private String tiny() throws IOException {
        return "tiny=" + TinyModel.PLAIN.withSeed(3).writeTo(dir);
    }

    private static String[] with(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }

    private HttpResponse<String> ask(SeveralModels server, String model) throws Exception {
        JsonObject request = new JsonObject()
                .put("model", model)
                .put("prompt", trained.get("text").asString())
                .put("temperature", 0)
                .put("max_tokens", 40);
        return server.send(server.post("/v1/completions", request));
    }

    private String text(SeveralModels server, String model) throws Exception {
        return SeveralModels.text(ask(server, model));
    }

    private static List<String> listed(SeveralModels server) throws Exception {
        return server.get("/v1/models").getJsonArray("data").stream()
                .map(JsonObject.class::cast)
                .map(model -> model.getString("id") + " of " + model.getString("parent"))
                .toList();
    }

    @Test
    void eachModelHasItsOwnAndABareNameIsEnoughWhereItIsOnes() throws Exception {
        String roses = "base:roses=" + adapters + "/roses";
        try (SeveralModels server = new SeveralModels(with(
                TWINS,
                tiny(),
                "--lora",
                String.join(",", roses, "base:half=" + adapters + "/half", "twin:half=" + adapters + "/half")))) {
            assertThat(listed(server))
                    .containsExactly(
                            "base of null",
                            "base:half of base",
                            "base:roses of base",
                            "twin of null",
                            "twin:half of twin",
                            "tiny of null");
            for (String name : List.of("base:roses", "roses")) {
                assertThat(text(server, name)).as(name).isEqualTo(answer);
            }
            String half = text(server, "base:half");
            assertThat(text(server, "twin:half")).isEqualTo(half).isNotEqualTo(answer);
            assertThat(text(server, "twin")).isEqualTo(text(server, "base")).isNotEqualTo(half);
            HttpResponse<String> both = ask(server, "half");
            assertThat(both.statusCode()).isEqualTo(400);
            assertThat(both.body()).contains("ask for one of base:half, twin:half");
            for (String none : List.of("twin:roses", "tiny:half", "violets", "nobody:roses")) {
                assertThat(ask(server, none).statusCode()).as(none).isEqualTo(404);
            }
            JsonObject ollama = new JsonObject().put("model", "twin:half");
            assertThat(server.send(server.post("/api/show", ollama)).statusCode())
                    .isEqualTo(200);
            HttpResponse<String> gone = server.send(server.post("/api/generate", ollama.put("keep_alive", 0)));
            assertThat(gone.body()).contains("\"done_reason\":\"unload\"");
            server.awaitStates(
                    "base loaded",
                    "base:half loaded",
                    "base:roses loaded",
                    "twin unloaded",
                    "twin:half unloaded",
                    "tiny unloaded");
            assertThat(text(server, "twin:half")).isEqualTo(half);
            assertThat(server.send(server.request("/metrics").build()).body())
                    .contains("tramontane_adapter_requests{adapter=\"base:roses\",state=\"running\"} 0")
                    .contains("tramontane_adapters{state=\"loaded\"} 3")
                    .contains("tramontane_adapters{state=\"places\"} 16"); // The tiny model has no room for any.
        }
    }

    /** One model fits at a time, so that each request for the other unloads what the one before has used. */
    @Test
    void adaptersComeBackWithTheirModelAlsoThoseThatRequestsLoaded() throws Exception {
        try (SeveralModels server = new SeveralModels(with(
                TWINS,
                "--load",
                "none",
                "--lora-dir",
                adapters.toString(),
                "--max-loras",
                "2",
                "--cache-memory",
                "1MiB",
                "--model-memory",
                "3MiB"))) {
            assertThat(server.loadAdapter("twin:roses", "roses").statusCode())
                    .as("of a model that is not loaded")
                    .isEqualTo(200);
            assertThat(text(server, "twin:roses")).isEqualTo(answer);
            assertThat(server.loadAdapter("twin:half", "half").statusCode())
                    .as("of one that is")
                    .isEqualTo(200);
            String half = text(server, "half");
            HttpResponse<String> full = server.loadAdapter("twin:third", "half");
            assertThat(full.statusCode()).isEqualTo(409);
            assertThat(full.body()).contains("all 2 places for adapters are taken");
            text(server, "base");
            server.awaitStates("base loaded", "twin unloaded", "twin:half unloaded", "twin:roses unloaded");
            assertThat(server.loadAdapter("twin:third", "half").statusCode()).isEqualTo(409);
            assertThat(text(server, "twin:half")).isEqualTo(half);
            assertThat(text(server, "twin:roses")).isEqualTo(answer);
            text(server, "base");
            assertThat(server.unloadAdapter("roses").statusCode()).isEqualTo(200);
            assertThat(server.unloadAdapter("twin:roses").statusCode()).isEqualTo(404);
            assertThat(ask(server, "twin:roses").statusCode()).isEqualTo(404);
            assertThat(text(server, "twin")).isEqualTo(text(server, "base"));
            assertThat(listed(server)).containsExactly("base of null", "twin of null", "twin:half of twin");
        }
    }

    /** What has its name now would be another adapter. */
    @Test
    void whatHasChangedMeanwhileIsRefusedAndItsModelServes() throws Exception {
        try (SeveralModels server = new SeveralModels(with(
                TWINS,
                "--lora",
                "base:roses=" + adapters + "/roses,base:half=" + adapters + "/half",
                "--lora-dir",
                adapters.toString(),
                "--cache-memory",
                "1MiB",
                "--model-memory",
                "3MiB"))) {
            String half = text(server, "base:half");
            assertThat(text(server, "base:roses")).isEqualTo(answer);
            text(server, "twin");
            Path weights = adapters.resolve("roses").resolve("adapter_model.safetensors");
            Damage.lastByte(weights, 1);
            assertThat(text(server, "base:half")).isEqualTo(half);
            HttpResponse<String> refused = ask(server, "base:roses");
            assertThat(refused.statusCode()).isEqualTo(404);
            assertThat(refused.body()).contains("its files have changed since it was loaded");
            assertThat(server.unloadAdapter("base:roses").statusCode()).isEqualTo(200);
            assertThat(server.loadAdapter("base:roses", "roses").statusCode()).isEqualTo(200);
            assertThat(ask(server, "base:roses").statusCode()).isEqualTo(200);
            Files.delete(adapters.resolve("half").resolve("adapter_config.json"));
            text(server, "twin");
            assertThat(ask(server, "base:half").body())
                    .contains("its files cannot be used any more")
                    .doesNotContain(adapters.toString());
            assertThat(ask(server, "base:roses").statusCode()).isEqualTo(200);
        }
    }

    /** It holds its model as any answer does, and the adapter in it. */
    @Test
    void whoeverUsesAnAdapterKeepsItsModel() throws Exception {
        try (SeveralModels server = new SeveralModels(
                with(TWINS, "--lora-dir", adapters.toString(), "--cache-memory", "1MiB", "--model-memory", "3MiB"))) {
            assertThat(server.loadAdapter("base:roses", "roses").statusCode()).isEqualTo(200);
            BufferedReader reader = server.stream("base:roses", 400);
            var waiting = server.sendLater(server.post("/v1/completions", SeveralModels.completion("twin", 1)));
            server.awaitStates("base loaded", "base:roses loaded", "twin loading");
            assertThat(server.unloadAdapter("roses").statusCode()).isEqualTo(200);
            assertThat(waiting).isNotDone();
            assertThat(reader.lines().filter(line -> line.startsWith("data: {")).count())
                    .isGreaterThan(100);
            assertThat(waiting.get().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whereOnlyOneModelFitsItNeedNotBeNamed() throws Exception {
        try (SeveralModels server = new SeveralModels(
                tiny(), "base=" + MODEL, "--lora", "roses=" + adapters + "/roses", "--lora-dir", adapters.toString())) {
            assertThat(text(server, "base:roses")).isEqualTo(answer);
            assertThat(server.loadAdapter("half", "half").statusCode()).isEqualTo(200);
            assertThat(listed(server))
                    .containsExactly("tiny of null", "base of null", "base:half of base", "base:roses of base");
            HttpResponse<String> other = server.loadAdapter("tiny:roses", "roses");
            assertThat(other.statusCode()).isEqualTo(400);
            assertThat(other.body()).contains("lora_path").contains("expected");
            HttpResponse<String> unknown = server.loadAdapter("nobody:roses", "roses");
            assertThat(unknown.statusCode()).isEqualTo(400);
            assertThat(unknown.body()).contains("There is no model 'nobody'; there are tiny, base.");
            assertThat(server.loadAdapter("tiny", "half").statusCode()).isEqualTo(400);
        }
    }

    private Outcome refused(String... arguments) {
        Outcome outcome = new CapturedProgram().run(with(new String[] {"serve", "--port", "0"}, arguments));
        assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
        return outcome;
    }

    @Test
    void whereSeveralFitOrNoneTheStartSaysWhich() throws Exception {
        String roses = "=" + adapters + "/roses";
        assertThat(refused(with(TWINS, "--lora", "roses" + roses)).err())
                .contains(
                        "the adapter roses cannot be loaded: it fits each of base, twin: say for which it is, as base:NAME");
        String other = "other=" + TinyModel.PLAIN.withSeed(4).writeTo(dir);
        assertThat(refused(tiny(), other, "--lora", "roses" + roses).err())
                .contains("the adapter roses cannot be loaded")
                .contains("adapter_model.safetensors")
                .contains("expected");
        assertThat(refused(with(TWINS, "--lora", "nobody:roses" + roses)).err())
                .contains("--lora nobody:roses: no model is called nobody; there are base, twin");
        assertThat(refused(with(TWINS, "--lora", "base:twin" + roses)).err()).contains("a model has that name");
        assertThat(refused(with(TWINS, "--max-loras", "1", "--lora", "base:a" + roses + ",base:b" + roses))
                        .err())
                .contains("--max-loras must be at least 2, the adapters of base by --lora, got 1");
        assertThat(refused("base=" + MODEL, tiny(), "--lora", "roses" + roses + ",base:roses" + roses)
                        .err())
                .contains("two adapters of base would be called roses");
    }

    /** As PEFT writes it: the hub's name of the base, whoever has it here under its last part. */
    @Test
    void ofSeveralThatFitTheOneThatItNamesIsMeant() throws Exception {
        Path config = adapters.resolve("roses").resolve("adapter_config.json");
        JsonObject json = new JsonObject(Files.readString(config)).put("base_model_name_or_path", "somebody/Twin");
        Files.writeString(config, json.encode());
        try (SeveralModels server =
                new SeveralModels(with(TWINS, "--lora", "roses=" + adapters + "/roses", "--load", "none"))) {
            assertThat(listed(server)).containsExactly("base of null", "twin of null", "twin:roses of twin");
            assertThat(text(server, "roses")).isEqualTo(answer);
        }
    }
}
