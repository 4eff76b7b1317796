package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Oracle;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A fine-tuned adapter over real sockets, as docs/lora.md has it: its requests are those of the document. */
final class AdaptersServedTest {
    private static final Pattern CURL = Pattern.compile("(?m)^curl http://127.0.0.1:8080(\\S+) .* -d '(\\{.*})'$");

    /** Tokens that no socket takes while its reader stands still. */
    private static final int LONG = 2000;

    private static final int LONG_CONTEXT = 2100;

    private final JsonNode trained = Oracle.read("peft-adapters").get("trained");
    private final String answer = trained.get("answer").asString();

    @TempDir
    Path dir;

    @BeforeEach
    void copyAdapters() throws IOException {
        for (String name : List.of("trained", "half")) {
            Path to = Files.createDirectories(dir.resolve("adapters").resolve(name.equals("trained") ? "roses" : name));
            for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
                Files.copy(Oracle.path("adapters/" + name).resolve(file), to.resolve(file));
            }
        }
    }

    private SeveralModels serve(String... more) {
        return serve(512, more);
    }

    private SeveralModels serve(int context, String... more) {
        String[] all = Stream.concat(
                        Stream.of(
                                "--model",
                                Oracle.path("models/mistral-window-16").toString(),
                                "--served-model-name",
                                "base",
                                "--max-lora-rank",
                                "16",
                                "--max-loras",
                                "3"),
                        Stream.of(more))
                .toArray(String[]::new);
        return new SeveralModels(context, all);
    }

    private String adapters() {
        return dir.resolve("adapters").toString();
    }

    private JsonObject ask(String model) {
        return new JsonObject()
                .put("model", model)
                .put("prompt", trained.get("text").asString())
                .put("temperature", 0)
                .put("max_tokens", 40);
    }

    /** Whatever the document tells to send is answered, and a completion is what was trained. */
    @Test
    void theDocumentsRequestsAreAnswered() throws Exception {
        String document = Files.readString(Path.of("..", "docs", "lora.md"));
        try (SeveralModels server = serve("--lora", "roses=" + adapters() + "/roses", "--lora-dir", adapters())) {
            int sent = 0;
            for (Matcher curl = CURL.matcher(document); curl.find(); sent++) {
                HttpResponse<String> response = server.send(server.post(curl.group(1), new JsonObject(curl.group(2))));
                assertThat(response.statusCode())
                        .as("%s: %s", curl.group(2), response.body())
                        .isEqualTo(200);
                if (!curl.group(1).contains("load")) {
                    assertThat(response.body()).contains(answer);
                }
            }
            assertThat(sent).isEqualTo(6);
            assertThat(SeveralModels.text(server.send(server.post("/v1/completions", ask("base")))))
                    .doesNotContain(answer);
        }
    }

    @Test
    void everyProtocolKnowsAdaptersAndListsThemWithTheirParent() throws Exception {
        try (SeveralModels server = serve("--lora", "roses=" + adapters() + "/roses")) {
            JsonArray models = server.get("/v1/models").getJsonArray("data");
            assertThat(models.stream()
                            .map(JsonObject.class::cast)
                            .map(m -> m.getString("id") + " " + m.getString("parent")))
                    .containsExactly("base null", "roses base");
            JsonObject ollama = new JsonObject()
                    .put("model", "roses")
                    .put("prompt", trained.get("text").asString())
                    .put("raw", true)
                    .put("stream", false)
                    .put("options", new JsonObject().put("temperature", 0));
            assertThat(new JsonObject(server.send(server.post("/api/generate", ollama))
                                    .body())
                            .getString("response"))
                    .isEqualTo(answer);
            assertThat(server.get("/api/tags").getJsonArray("models")).hasSize(2);
            assertThat(server.send(server.post("/v1/completions", ask("base:none")))
                            .statusCode())
                    .isEqualTo(404);
            JsonObject unknown =
                    new JsonObject().put("inputs", "a").put("parameters", new JsonObject().put("adapter_id", "none"));
            assertThat(server.send(server.post("/generate", unknown)).statusCode())
                    .isEqualTo(404);
            HttpResponse<String> off = server.send(server.post(
                    "/v1/load_lora_adapter",
                    new JsonObject().put("lora_name", "x").put("lora_path", "half")));
            assertThat(off.statusCode()).isEqualTo(403);
            assertThat(off.body()).contains("--lora-dir");
        }
    }

    @Test
    void onlyWhatLiesInTheFolderIsLoaded() throws Exception {
        Path outside = Files.createDirectories(dir.resolve("outside"));
        Files.copy(dir.resolve("adapters/half/adapter_config.json"), outside.resolve("adapter_config.json"));
        Files.copy(
                dir.resolve("adapters/half/adapter_model.safetensors"), outside.resolve("adapter_model.safetensors"));
        Files.createSymbolicLink(dir.resolve("adapters/link"), outside);
        Path mixed = Files.createDirectories(dir.resolve("adapters/mixed"));
        Files.copy(outside.resolve("adapter_config.json"), mixed.resolve("adapter_config.json"));
        Files.createSymbolicLink(
                mixed.resolve("adapter_model.safetensors"), outside.resolve("adapter_model.safetensors"));
        Files.createSymbolicLink(dir.resolve("adapters/within"), dir.resolve("adapters/half"));
        try (SeveralModels server = serve("--lora-dir", adapters())) {
            for (String path : List.of(
                    "../outside",
                    outside.toString(),
                    "link",
                    "mixed",
                    "roses/../../outside",
                    ".",
                    "",
                    "nothing",
                    "\0")) {
                HttpResponse<String> refused = server.loadAdapter("x", path);
                assertThat(refused.statusCode()).as(path).isEqualTo(400);
                assertThat(refused.body())
                        .contains("names no directory with an adapter in the folder of --lora-dir")
                        .doesNotContain(outside.toString());
            }
            assertThat(server.loadAdapter("within", "within").statusCode()).isEqualTo(200);
            assertThat(server.loadAdapter("half", adapters() + "/half").statusCode())
                    .isEqualTo(200);
            assertThat(server.loadAdapter("half", "half").statusCode()).isEqualTo(409);
            assertThat(server.loadAdapter("base", "half").statusCode()).isEqualTo(400);
            assertThat(server.loadAdapter("a b", "half").statusCode()).isEqualTo(400);
            assertThat(server.loadAdapter("third", "half").statusCode()).isEqualTo(200);
            HttpResponse<String> full = server.loadAdapter("fourth", "half");
            assertThat(full.statusCode()).isEqualTo(409);
            assertThat(full.body()).contains("all 3 places for adapters are taken");
            assertThat(server.unloadAdapter("third").statusCode()).isEqualTo(200);
            assertThat(server.unloadAdapter("third").statusCode()).isEqualTo(404);
            Files.writeString(dir.resolve("adapters/roses/adapter_config.json"), "{\"peft_type\": \"IA3\"}");
            HttpResponse<String> other = server.loadAdapter("other", "roses");
            assertThat(other.statusCode()).isEqualTo(400);
            assertThat(other.body()).contains("\\\"peft_type\\\" is \\\"IA3\\\"");
        }
    }

    /** Whoever may ask a model may not change what others are served. */
    @Test
    void whereKeysAreAskedForOnlyOperatorsLoadAndUnload() throws Exception {
        Path keys = dir.resolve("keys.txt");
        List<String> made = new ArrayList<>();
        for (String[] who : new String[][] {{"key", "user"}, {"key", "boss", "--operator"}}) {
            Outcome outcome = new CapturedProgram()
                    .run(Stream.concat(Stream.of(who), Stream.of("--append", keys.toString()))
                            .toArray(String[]::new));
            assertThat(outcome.code()).isZero();
            made.add(outcome.out().strip());
        }
        assertThat(Files.readString(keys).lines().toList().getLast()).endsWith(" operator");
        JsonObject loading = new JsonObject().put("lora_name", "roses").put("lora_path", "roses");
        JsonObject unloading = new JsonObject().put("lora_name", "roses");
        try (SeveralModels server = serve("--lora-dir", adapters(), "--api-keys", keys.toString())) {
            assertThat(asked(server, made.getFirst(), "/v1/load_lora_adapter", loading))
                    .startsWith("403")
                    .contains("\"operator_required\"", "The key 'user' is no operator's");
            assertThat(asked(server, made.getLast(), "/v1/load_lora_adapter", loading))
                    .startsWith("200");
            assertThat(asked(server, made.getFirst(), "/v1/completions", ask("roses")))
                    .startsWith("200")
                    .contains(answer);
            assertThat(asked(server, made.getFirst(), "/v1/unload_lora_adapter", unloading))
                    .startsWith("403");
            assertThat(asked(server, made.getLast(), "/v1/unload_lora_adapter", unloading))
                    .startsWith("200");
        }
    }

    private static String asked(SeveralModels server, String key, String path, JsonObject body) throws Exception {
        HttpResponse<String> response = server.send(server.request(path)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build());
        return response.statusCode() + " " + response.body();
    }

    /** Cut in its middle, asked for where its name is another adapter's, and at last where an equal one has another name. */
    @Test
    void anAnswerGoesOnWithTheAdapterThatItBeganWith() throws Exception {
        JsonObject request = new JsonObject()
                .put("model", "roses")
                .put("input", "hello")
                .put("temperature", 0)
                .put("ignore_eos", true)
                .put("max_output_tokens", LONG);
        String[] sharing = {
            "--chat-layout",
            "mistral-v1",
            "--drain-timeout",
            "0s",
            "--snapshot-dir",
            dir.resolve("shared").toString()
        };
        String roses = "=" + adapters() + "/roses";
        String whole;
        List<String> begun = new ArrayList<>();
        try (SeveralModels server = serve(LONG_CONTEXT, with(sharing, "--lora", "roses" + roses))) {
            HttpResponse<String> uncut = server.send(server.post("/v1/responses", request));
            assertThat(uncut.statusCode()).as(uncut.body()).isEqualTo(200);
            whole = said(List.of(uncut.body()));
            BufferedReader reader =
                    server.stream("/v1/responses", request.copy().put("stream", true));
            server.terminate(); // Its reader stands still until then.
            reader.lines().forEach(begun::add);
        }
        Matcher url =
                Pattern.compile("\"url\":\"(/v1[^\"]+starting_after=[^\"]+)\"").matcher(begun.toString());
        assertThat(url.find()).as("%s", begun.getLast()).isTrue();
        String[][] others = {
            {"--lora", "roses=" + adapters() + "/half"}, {"--lora", "roses" + roses, "--lora-type", "bf16"}
        };
        for (String[] other : others) { // The one has other numbers, the other rounds them to others.
            try (SeveralModels server = serve(LONG_CONTEXT, with(sharing, other))) {
                HttpResponse<String> refused =
                        server.send(server.request(url.group(1)).build());
                assertThat(refused.statusCode()).as(refused.body()).isEqualTo(404);
                assertThat(refused.body()).contains("answer_of_another_model", "computed with other weights");
            }
        }
        try (SeveralModels server = serve(LONG_CONTEXT, with(sharing, "--lora", "flowers" + roses))) {
            HttpResponse<String> rest = server.send(server.request(url.group(1)).build());
            assertThat(rest.statusCode()).as(rest.body()).isEqualTo(200);
            assertThat(said(begun) + said(rest.body().lines().toList())).isEqualTo(whole);
        }
    }

    /** The text of an answer in one piece, or of events' deltas. */
    private static String said(List<String> lines) {
        StringBuilder text = new StringBuilder();
        for (String line : lines) {
            if (line.startsWith("{")) {
                new JsonObject(line)
                        .getJsonArray("output").stream()
                                .flatMap(item -> ((JsonObject) item).getJsonArray("content").stream())
                                .forEach(part -> text.append(((JsonObject) part).getString("text")));
            } else if (line.startsWith("data: {")) {
                JsonObject event = new JsonObject(line.substring("data: ".length()));
                text.append(event.getString("type").endsWith("output_text.delta") ? event.getString("delta") : "");
            }
        }
        return text.toString();
    }

    private static String[] with(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }

    /** Its reader stands still while the adapter is taken away, and gets all of his answer. */
    @Test
    void whoeverUsesAnAdapterKeepsItToTheEnd() throws Exception {
        try (SeveralModels server = serve("--lora-dir", adapters())) {
            assertThat(server.loadAdapter("roses", "roses").statusCode()).isEqualTo(200);
            BufferedReader reader = server.stream("roses", 400);
            assertThat(server.unloadAdapter("roses").statusCode()).isEqualTo(200);
            assertThat(server.send(server.post("/v1/completions", ask("roses"))).statusCode())
                    .isEqualTo(404);
            assertThat(reader.lines().filter(line -> line.startsWith("data: {")).count())
                    .isGreaterThan(100);
        }
    }

    @Test
    void anAdapterThatCannotBeUsedEndsTheStart() {
        Outcome outcome = new CapturedProgram()
                .run(
                        "serve",
                        "--port",
                        "0",
                        "--model",
                        Oracle.path("models/mistral-window-16").toString(),
                        "--max-lora-rank",
                        "4",
                        "--lora",
                        "roses=" + adapters() + "/roses");
        assertThat(outcome.code()).isEqualTo(ExitCode.USAGE);
        assertThat(outcome.err()).contains("the adapter roses cannot be loaded").contains("rank is 8, expected 1..4");
    }
}
