package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.hub.HubServer;
import dev.tramontane.hub.Pulled;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** {@code serve} whose clients may pull, of a registry that a test has, in a home of its own. */
final class PullingServer implements AutoCloseable {
    /** By which it is started: no request takes it away. */
    static final String NAMED = "small";

    final HubServer registry;
    final SeveralModels server;
    final Path home;

    /** @param folder of the test's; the same one again is the same store */
    PullingServer(HubServer registry, Path folder, String... more) throws IOException {
        this.registry = registry;
        home = folder.resolve("home");
        Path model = TinyModel.PLAIN.writeTo(folder);
        CapturedProgram program = new CapturedProgram()
                .property("user.home", home.toString())
                .with("XDG_CACHE_HOME", folder.resolve("cache").toString())
                .with("OLLAMA_MODELS", folder.resolve("ollama").toString())
                .with("HF_ENDPOINT", registry.uri().toString());
        String[] all = Stream.concat(
                        Stream.of(
                                NAMED + "=" + model,
                                "--model-store",
                                store(folder).toString(),
                                "--ollama-registry",
                                registry.uri().toString(),
                                "--cache-memory",
                                "4MiB"),
                        Stream.of(more))
                .toArray(String[]::new);
        server = new SeveralModels(program, 512, all);
    }

    /** One whose clients may fill 100 MiB. */
    static PullingServer bounded(HubServer registry, Path folder, String... more) throws IOException {
        return new PullingServer(
                registry,
                folder,
                Stream.concat(Stream.of("--allow-pull", "100MiB"), Stream.of(more))
                        .toArray(String[]::new));
    }

    /** What an answer of that status says went wrong. */
    static String error(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return new JsonObject(response.body()).getString("error");
    }

    /** Where its models lie. */
    static Path store(Path folder) {
        return folder.resolve("store");
    }

    /** A model of the registry's, called that, {@code latest}. */
    static byte[] offer(HubServer registry, String name, byte[] model) {
        registry.on(manifest(name), request -> HubServer.json(Pulled.manifest(model)))
                .file(blob(name, model), model);
        return model;
    }

    static byte[] offer(HubServer registry, String name, long seed) throws IOException {
        return offer(registry, name, TinyModel.PLAIN.withSeed(seed).gguf().toByteArray());
    }

    static String manifest(String name) {
        return "/v2/library/" + name + "/manifests/latest";
    }

    static String blob(String name, byte[] model) {
        return Pulled.blobPath(model).replace("/tiny/", "/" + name + "/");
    }

    static JsonObject named(String name) {
        return new JsonObject().put("model", name);
    }

    HttpRequest pulling(String name) {
        return server.post("/api/pull", named(name));
    }

    /** The lines of a pull. */
    List<JsonObject> pull(String name) throws IOException, InterruptedException {
        HttpResponse<String> response = server.send(pulling(name));
        return response.body()
                .lines()
                .filter(line -> !line.isBlank())
                .map(JsonObject::new)
                .toList();
    }

    HttpRequest deleting(String name) {
        return server.request("/api/delete")
                .header("Content-Type", "application/json")
                .method("DELETE", BodyPublishers.ofString(named(name).encode()))
                .build();
    }

    HttpResponse<String> delete(String name) throws IOException, InterruptedException {
        return server.send(deleting(name));
    }

    void deleted(String name) throws IOException, InterruptedException {
        HttpResponse<String> response = delete(name);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    /** Names as Ollama's clients list them. */
    List<String> tags() throws IOException, InterruptedException {
        return server.get("/api/tags").getJsonArray("models").stream()
                .map(model -> ((JsonObject) model).getString("name"))
                .toList();
    }

    /** Until the registry has been asked for it so often. */
    void awaitRequests(String path, int times) {
        await().until(() -> registry.requests(path).size() >= times);
    }

    /** Files of a folder of the store. */
    static List<String> files(Path folder, String part) {
        try (Stream<Path> files = Files.list(store(folder).resolve(part))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
