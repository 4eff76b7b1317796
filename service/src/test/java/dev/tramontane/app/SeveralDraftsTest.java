package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that guess for several served ones: for whom, in whose memory, and that they come and go with them. */
final class SeveralDraftsTest {
    private static final String OTHER_TOKENS =
            Oracle.path("models/nemo-head-dim").toString();

    @TempDir
    Path dir;

    private final List<String> models = new ArrayList<>();
    private Path draft;

    @BeforeEach
    void write() throws IOException {
        for (int i = 1; i <= 2; i++) {
            models.add((i == 1 ? "a=" : "b=") + TinyModel.PLAIN.withSeed(i).writeTo(dir));
        }
        models.add("other=" + OTHER_TOKENS);
        draft = TinyModel.PLAIN.withSeed(1).withWindow(64).writeTo(dir);
    }

    private String[] serving(String... more) {
        return Stream.concat(models.stream(), Stream.of(more)).toArray(String[]::new);
    }

    private static HttpResponse<String> guessed(SeveralModels server, String model) throws Exception {
        JsonObject speculation = new JsonObject().put("method", "draft_model").put("tokens", 4);
        return server.send(server.post(
                "/v1/completions", SeveralModels.completion(model, 24).put("speculation", speculation)));
    }

    private static long accepted(SeveralModels server, String model) throws Exception {
        String metrics = server.send(server.request("/metrics").build()).body();
        return HeldByProcess.sum(
                metrics, "tramontane_guessed_tokens_total", "model=\"" + model + "\",result=\"accepted\"");
    }

    /** One model fits at a time, with its draft model: each request for the other unloads both. */
    @Test
    void oneGuessesForAllThatHaveItsTokensAndComesAndGoesWithThem() throws Exception {
        try (SeveralModels server = new SeveralModels(serving(
                "--draft-model",
                draft.toString(),
                "--cache-memory",
                "1MiB",
                "--model-memory",
                "7MiB",
                "--load",
                "none"))) {
            String alone = server.text("a");
            assertThat(SeveralModels.text(guessed(server, "a"))).isEqualTo(alone);
            assertThat(accepted(server, "a")).isPositive();
            String second = server.text("b");
            assertThat(second).isNotEqualTo(alone);
            assertThat(SeveralModels.text(guessed(server, "b"))).isEqualTo(second);
            HttpResponse<String> none = guessed(server, "other");
            assertThat(none.statusCode()).isEqualTo(400);
            assertThat(none.body()).contains("no draft model");
            assertThat(SeveralModels.text(guessed(server, "a"))).isEqualTo(alone);
            Files.setLastModifiedTime(draft, FileTime.fromMillis(0));
            server.text("other");
            JsonObject unload = new JsonObject().put("model", "a").put("keep_alive", 0);
            assertThat(server.send(server.post("/api/generate", unload)).statusCode())
                    .isEqualTo(200);
            server.awaitStates("a unloaded", "b unloaded", "other loaded");
            HttpResponse<String> changed = guessed(server, "a");
            assertThat(changed.statusCode()).isEqualTo(500);
            assertThat(changed.body()).contains("The model 'a' could not be loaded");
        }
    }

    private List<Offered> offered(String drafts) throws Exception {
        Map<Setting, String> asked = Map.of(
                Setting.MODELS, String.join(",", models),
                Setting.DRAFT_MODEL, drafts,
                Setting.CACHE_MEMORY, "1MiB",
                Setting.CONTEXT, "256",
                Setting.THREADS, "1");
        Configuration configuration = Configuration.of(Settings.of(asked, Map.of(), Map.of(), ""));
        List<Offered> all = new ArrayList<>();
        for (Configuration each : NamedModels.chosen(configuration, Environment.ofProcess(), "serve")) {
            all.add(Offered.of(each, Kernels.library()));
        }
        return all;
    }

    private List<Boolean> guessedFor(String drafts) throws Exception {
        return offered(drafts).stream()
                .map(model -> {
                    long bytes = model.memory().sum().bytes("draft_weights_in_place_bytes");
                    assertThat(model.configuration().engine().draft().path().isPresent())
                            .isEqualTo(bytes > 0);
                    return bytes > 0;
                })
                .toList();
    }

    @Test
    void itsMemoryIsThatOfTheModelsForWhichItGuesses() throws Exception {
        assertThat(guessedFor(draft.toString())).containsExactly(true, true, false);
        assertThat(guessedFor("b=" + draft)).containsExactly(false, true, false);
        assertThat(guessedFor("other=" + OTHER_TOKENS + "," + draft)).containsExactly(true, true, true);
        assertThat(guessedFor("a")).as("a served one, for the others").containsExactly(false, true, false);
    }

    private String refused(String drafts) {
        Outcome outcome = new CapturedProgram().run(serveWith(drafts));
        assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
        return outcome.err();
    }

    private String[] serveWith(String drafts) {
        return Stream.concat(Stream.of("serve", "--port", "0", "--draft-model", drafts), models.stream())
                .toArray(String[]::new);
    }

    @Test
    void whatGuessesForNobodyEndsTheStart() {
        assertThat(refused("other=" + draft)).contains("cannot guess for other: it");
        assertThat(refused("nobody=" + draft))
                .contains("--draft-model: no model is called nobody; there are a, b, other");
        assertThat(refused("a=" + draft + ",a=" + draft)).contains("two models would guess for a");
        assertThat(refused("other"))
                .contains("guesses for none of the models: of a, it")
                .contains("of other, it is that model itself");
        assertThat(refused("a=" + draft + ",b=" + draft + ",other=other,none.gguf"))
                .contains("none.gguf");
    }
}
