package dev.tramontane.app;

import static dev.tramontane.app.PullingServer.error;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.hub.HubServer;
import dev.tramontane.hub.Pulled;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that requests fetch and delete while others are served. */
class PulledModelsTest {
    @TempDir
    private Path folder;

    private final HubServer registry;

    PulledModelsTest() throws IOException {
        registry = new HubServer();
    }

    @AfterEach
    void stop() throws IOException {
        registry.close();
    }

    private PullingServer server(String... more) throws IOException {
        return PullingServer.bounded(registry, folder, more);
    }

    @Test
    void whatIsPulledIsServedAlsoAfterARestartUntilItIsDeleted() throws Exception {
        byte[] model = PullingServer.offer(registry, "tiny", 7);
        String words;
        try (PullingServer server = server()) {
            List<JsonObject> lines = server.pull("tiny");
            assertThat(lines.getFirst().getString("status")).isEqualTo("pulling manifest");
            assertThat(lines.getLast()).isEqualTo(new JsonObject().put("status", "success"));
            String digest = PullingServer.blob("tiny", model).replaceFirst(".*/", "");
            assertThat(lines)
                    .anySatisfy(line -> assertThat(line)
                            .isEqualTo(new JsonObject()
                                    .put("status", "pulling " + digest.substring(7, 19))
                                    .put("digest", digest)
                                    .put("total", model.length)
                                    .put("completed", model.length)));
            assertThat(lines.stream().map(line -> line.getString("status")))
                    .containsSubsequence("pulling manifest", "verifying sha256 digest", "writing manifest", "success");
            assertThat(server.server.states()).containsExactly("small loaded", "tiny:latest unloaded");
            assertThat(server.tags()).containsExactly("small", "tiny:latest");
            words = server.server.text("tiny");
            assertThat(words).isEqualTo(server.server.text("tiny:latest")).isNotEqualTo(server.server.text("small"));
            HttpResponse<String> answer = server.server.send(server.server.post(
                    "/api/generate",
                    PullingServer.named("tiny").put("prompt", "hello").put("stream", false)));
            assertThat(new JsonObject(answer.body()).getString("model")).isEqualTo("tiny");
            assertThat(server.server.states()).containsExactly("small loaded", "tiny:latest loaded");
            assertThat(server.server
                            .send(server.server.request("/metrics").build())
                            .body())
                    .contains("model=\"tiny:latest\"");
            int asked = registry.requests().size();
            assertThat(server.pull("tiny")).containsExactly(new JsonObject().put("status", "success"));
            assertThat(registry.requests()).hasSize(asked); // What is here is here.
        }
        try (PullingServer server = server()) {
            assertThat(server.server.states()).containsExactly("small loaded", "tiny:latest unloaded");
            assertThat(server.server.text("tiny")).isEqualTo(words);
            server.deleted("tiny");
            assertThat(server.tags()).containsExactly("small");
            assertThat(error(server.delete("tiny"), 404)).contains("model 'tiny:latest' not found");
            HttpResponse<String> gone =
                    server.server.send(server.server.post("/v1/completions", SeveralModels.completion("tiny", 1)));
            assertThat(gone.statusCode()).isEqualTo(404);
            assertThat(server.server
                            .send(server.server.request("/metrics").build())
                            .body())
                    .doesNotContain("tiny");
            assertThat(PullingServer.files(folder, "blobs")).isEmpty();
            assertThat(PullingServer.files(folder, "models")).isEmpty();
        }
    }

    @Test
    void whatCannotBeHadIsSaidAndNotServed() throws Exception {
        byte[] wrong =
                PullingServer.offer(registry, "wrong", "words in place of a model".getBytes(StandardCharsets.UTF_8));
        byte[] model = PullingServer.offer(registry, "other", 3);
        byte[] changed = model.clone();
        changed[changed.length - 1] ^= 1;
        registry.file(PullingServer.blob("other", model), changed);
        try (PullingServer server = server()) {
            assertThat(server.pull("other").getLast().getString("error")).contains("SHA-256");
            HttpResponse<String> unfit = server.server.send(
                    server.server.post("/api/pull", PullingServer.named("wrong").put("stream", false)));
            assertThat(error(unfit, 422))
                    .contains("'wrong:latest' was fetched and cannot be served")
                    .doesNotContain(folder.toString());
            assertThat(PullingServer.files(folder, "blobs")).isEmpty();
            assertThat(wrong).isNotEmpty();
            HttpResponse<String> absent = server.server.send(server.server.post(
                    "/api/pull", PullingServer.named("absent").put("stream", false)));
            assertThat(error(absent, 404)).contains("absent");
            assertThat(server.pull("absent").getLast().getString("error")).contains("absent");
            assertThat(server.tags()).containsExactly("small");
            registry.file(PullingServer.blob("other", model), model);
            assertThat(server.pull("other").getLast().getString("status")).isEqualTo("success");
        }
    }

    /** A request that could name any place would have the server ask it, or read a file. */
    @Test
    void requestsNameHubsAndNothingElse() throws Exception {
        try (PullingServer server = server()) {
            String here = "127.0.0.1:" + registry.port();
            for (String name : List.of(
                    "file:/etc/passwd",
                    "https://" + here + "/model.gguf",
                    "http://" + here + "/model.gguf",
                    here + "/library/tiny:latest",
                    "localhost/library/tiny:latest",
                    "../../etc/passwd",
                    "hf:../..")) {
                assertThat(error(server.server.send(server.pulling(name)), 400))
                        .as(name)
                        .isNotBlank();
            }
            assertThat(registry.requests()).isEmpty();
            assertThat(error(server.delete("small"), 403)).contains("the server was started with it");
            assertThat(error(server.delete("../../x"), 400)).contains("no name of a model");
        }
    }

    @Test
    void withoutLeaveNothingIsFetchedAndNothingDeleted() throws Exception {
        PullingServer.offer(registry, "tiny", 7);
        try (PullingServer server = new PullingServer(registry, folder)) {
            assertThat(error(server.server.send(server.pulling("tiny")), 404)).contains("--allow-pull");
            assertThat(error(server.delete("tiny"), 404)).contains("not found");
            assertThat(error(server.delete("small"), 403)).contains("is no model that requests delete");
            assertThat(registry.requests()).isEmpty();
        }
    }

    @Test
    void whereKeysAreAskedForItTakesAnOperators() throws Exception {
        PullingServer.offer(registry, "tiny", 7);
        Path keys = folder.resolve("keys");
        String user = key("user", "--append", keys.toString());
        String boss = key("boss", "--operator", "--append", keys.toString());
        try (PullingServer server = server("--api-keys", keys.toString())) {
            for (var request : List.of(server.pulling("tiny"), server.deleting("tiny"))) {
                assertThat(server.server.send(request).statusCode()).isEqualTo(401);
                assertThat(error(server.server.send(with(user, request)), 403)).contains("is no operator's");
            }
            assertThat(registry.requests()).isEmpty();
            assertThat(server.server.send(with(boss, server.pulling("tiny"))).body())
                    .endsWith("{\"status\":\"success\"}\n");
            assertThat(server.server.send(with(user, server.pulling("tiny"))).statusCode())
                    .isEqualTo(200);
            assertThat(server.server.send(with(boss, server.deleting("tiny"))).statusCode())
                    .isEqualTo(200);
        }
    }

    private static HttpRequest with(String key, HttpRequest request) {
        return HttpRequest.newBuilder(request, (name, value) -> true)
                .header("Authorization", "Bearer " + key)
                .build();
    }

    private static String key(String name, String... more) {
        CapturedProgram.Outcome made = new CapturedProgram()
                .run(Stream.concat(Stream.of("key", name), Stream.of(more)).toArray(String[]::new));
        assertThat(made.code()).as(made.err()).isZero();
        return made.out().strip();
    }

    /** The second one is refused, whatever was begun of it; room comes with a deletion. */
    @Test
    void theStoreTakesNoMoreThanItMay() throws Exception {
        byte[] first = PullingServer.offer(registry, "first", 1);
        PullingServer.offer(registry, "second", 2);
        assertThat(first.length).isBetween(600_000, 1_000_000);
        try (PullingServer server = new PullingServer(registry, folder, "--allow-pull", "1MiB")) {
            assertThat(server.pull("first").getLast().getString("status")).isEqualTo("success");
            assertThat(server.pull("second").getLast().getString("error")).contains("the model store may take");
            assertThat(server.tags()).containsExactly("small", "first:latest");
            assertThat(registry.requests(PullingServer.blob("first", first))).isNotEmpty();
            server.deleted("first");
            Files.write(PullingServer.store(folder).resolve("partial/left"), new byte[900_000]); // of an earlier one
            assertThat(server.pull("second").getLast().getString("status")).isEqualTo("success");
            assertThat(PullingServer.files(folder, "partial")).isEmpty();
        }
    }

    /** As the model of a server whose operator has pulled it: it is listed once, and stays. */
    @Test
    void whatIsNamedOfTheStoreIsListedOnceAndStays() throws Exception {
        PullingServer.offer(registry, "tiny", 7);
        PullingServer.offer(registry, "more", 8);
        try (PullingServer server = server()) {
            server.pull("tiny");
            server.pull("more");
        }
        try (PullingServer server = server("tiny", "mine=more")) {
            assertThat(server.tags()).containsExactly("small", "tiny:latest", "mine");
            for (String name : List.of("tiny", "mine", "more")) {
                assertThat(error(server.delete(name), 403)).contains("the server was started with it");
            }
            assertThat(server.server.text("tiny")).isNotEmpty();
            // What is newer would take the place of files that are served.
            PullingServer.offer(registry, "more", 9);
            int asked = registry.requests().size();
            assertThat(server.pull("more").getLast().getString("error")).contains("was started with");
            assertThat(registry.requests()).hasSize(asked);
            assertThat(server.server.text("mine")).isNotEmpty();
            assertThat(server.tags()).containsExactly("small", "tiny:latest", "mine");
        }
    }

    /** Names of Ollama's registry have several spellings. */
    @Test
    void whatIsServedIsHereAndStaysByWhateverSpelling() throws Exception {
        PullingServer.offer(registry, "tiny", 7);
        Path own = folder.resolve("own.gguf");
        Files.write(own, TinyModel.PLAIN.withSeed(9).gguf().toByteArray());
        try (PullingServer server = server("own:latest=" + own)) {
            server.pull("tiny");
            PullingServer.offer(registry, "tiny", 8);
            PullingServer.offer(registry, "own", 10);
            int asked = registry.requests().size();
            for (String name : List.of(
                    "library/tiny",
                    "registry.ollama.ai/library/tiny:latest",
                    "REGISTRY.ollama.ai/library/tiny",
                    "library/own")) {
                assertThat(server.pull(name)).as(name).containsExactly(new JsonObject().put("status", "success"));
            }
            assertThat(registry.requests()).hasSize(asked);
            assertThat(error(server.delete("library/own"), 403)).contains("the server was started with it");
            assertThat(server.tags()).containsExactly("small", "own:latest", "tiny:latest");
            assertThat(server.server.text("tiny")).isNotEmpty();
            server.deleted("library/tiny");
            assertThat(server.tags()).containsExactly("small", "own:latest");
        }
    }

    /** It is needed whenever the model is loaded for which it guesses. */
    @Test
    void whatGuessesForAModelOfTheStartStays() throws Exception {
        PullingServer.offer(registry, "guess", 7);
        try (PullingServer server = server()) {
            server.pull("guess");
        }
        try (PullingServer server = server("--draft-model", "guess")) {
            assertThat(error(server.delete("guess"), 403)).contains("the server was started with it");
            assertThat(server.server.text("small")).isNotEmpty();
        }
    }

    /** Of another program's cache it is served, and stays. */
    @Test
    void whatIsOthersIsOnlyRead() throws Exception {
        Path blob = ollamas("theirs", PullingServer.offer(registry, "tiny", 7));
        try (PullingServer server = server()) {
            assertThat(server.tags()).containsExactly("small", "theirs:latest");
            assertThat(error(server.delete("theirs"), 403)).contains("lies in Ollama's cache");
            assertThat(server.server.text("theirs")).isNotEmpty();
            assertThat(blob).exists();
        }
    }

    /** As when Ollama has pulled it, too. */
    @Test
    void whatLiesInTwoPlacesIsListedOnce() throws Exception {
        byte[] model = PullingServer.offer(registry, "tiny", 7);
        try (PullingServer server = server()) {
            assertThat(server.pull("tiny").getLast().getString("status")).isEqualTo("success");
        }
        Path blob = ollamas("tiny", model);
        try (PullingServer server = server()) {
            assertThat(server.tags()).containsExactly("small", "tiny:latest");
            assertThat(server.server.text("tiny")).isNotEmpty();
            server.deleted("tiny");
            assertThat(server.tags()).containsExactly("small");
            assertThat(PullingServer.files(folder, "blobs")).isEmpty();
            assertThat(blob).exists();
        }
    }

    /** What stands behind an address's question mark may be a signature, and is not kept. */
    @Test
    void whatWasPulledByItsAddressIsDeletedWithAnySignature() throws Exception {
        registry.file("/tiny.gguf", TinyModel.PLAIN.withSeed(7).gguf().toByteArray());
        String address = registry.uri() + "/tiny.gguf";
        CapturedProgram.Outcome pulled = new CapturedProgram()
                .run(
                        "pull",
                        address,
                        "--model-store",
                        PullingServer.store(folder).toString());
        assertThat(pulled.code()).as(pulled.err()).isZero();
        try (PullingServer server = server()) {
            assertThat(server.tags()).containsExactly("small", address);
            server.deleted(address + "?signature=1");
            assertThat(server.tags()).containsExactly("small");
            assertThat(PullingServer.files(folder, "blobs")).isEmpty();
        }
    }

    /** @return where Ollama's cache has it */
    private Path ollamas(String name, byte[] model) throws IOException {
        Path ollama = folder.resolve("ollama");
        Path names = ollama.resolve("manifests/registry.ollama.ai/library").resolve(name);
        Files.createDirectories(names);
        Files.createDirectories(ollama.resolve("blobs"));
        Files.writeString(names.resolve("latest"), Pulled.manifest(model));
        Path blob = ollama.resolve("blobs/" + PullingServer.blob(name, model).replaceFirst(".*:", "sha256-"));
        Files.write(blob, model);
        return blob;
    }
}
