package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code serve} with several tiny models, and a client, until this is closed. */
final class SeveralModels implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving (\\S+) at (http://\\S+)\\R");

    final CapturedProgram program;
    final String names;
    final String address;
    private final CompletableFuture<Outcome> running;
    private boolean ended;
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<StalledReader> streams = new ArrayList<>();

    SeveralModels(String... arguments) {
        this(512, arguments);
    }

    SeveralModels(int context, String... arguments) {
        this(new CapturedProgram(), context, arguments);
    }

    /** @param program in its own surroundings */
    SeveralModels(CapturedProgram program, int context, String... arguments) {
        this.program = program;
        String[] all = Stream.concat(
                        Stream.of("serve", "--port", "0", "--threads", "1", "--context", Integer.toString(context)),
                        Stream.of(arguments))
                .toArray(String[]::new);
        running = CompletableFuture.supplyAsync(
                () -> program.run(all), command -> Thread.ofPlatform().daemon().start(command));
        await().until(() -> running.isDone() || ADDRESS.matcher(program.shown()).find());
        Matcher matcher = ADDRESS.matcher(program.shown());
        assertThat(matcher.find()).as("%s", running).isTrue();
        names = matcher.group(1);
        address = matcher.group(2);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path));
    }

    HttpRequest post(String path, JsonObject body) {
        return request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build();
    }

    HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, BodyHandlers.ofString());
    }

    CompletableFuture<HttpResponse<String>> sendLater(HttpRequest request) {
        return client.sendAsync(request, BodyHandlers.ofString());
    }

    JsonObject get(String path) throws IOException, InterruptedException {
        return new JsonObject(send(request(path).build()).body());
    }

    /** A greedy completion of that many tokens. */
    static JsonObject completion(String model, int tokens) {
        return new JsonObject()
                .put("model", model)
                .put("prompt", "hello")
                .put("temperature", 0)
                .put("ignore_eos", true)
                .put("max_tokens", tokens);
    }

    String text(String model) throws IOException, InterruptedException {
        return text(send(post("/v1/completions", completion(model, 24))));
    }

    /** What a completion says. */
    static String text(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return new JsonObject(response.body())
                .getJsonArray("choices")
                .getJsonObject(0)
                .getString("text");
    }

    HttpResponse<String> loadAdapter(String name, String path) throws IOException, InterruptedException {
        return send(post(
                "/v1/load_lora_adapter", new JsonObject().put("lora_name", name).put("lora_path", path)));
    }

    HttpResponse<String> unloadAdapter(String name) throws IOException, InterruptedException {
        return send(post("/v1/unload_lora_adapter", new JsonObject().put("lora_name", name)));
    }

    /**
     * Begins a stream, and reads up to its first event. Events are large and the socket takes few of them, so who reads no further holds
     * the answer up.
     */
    BufferedReader stream(String model, int tokens) throws IOException {
        return stream(
                "/v1/completions", completion(model, tokens).put("stream", true).put("logprobs", 5));
    }

    /** The same of any request. */
    BufferedReader stream(String path, JsonObject request) throws IOException {
        StalledReader reader = new StalledReader(address, path, request);
        streams.add(reader);
        return reader.lines;
    }

    /** The state of each model, in order: "a loaded". */
    List<String> states() throws IOException, InterruptedException {
        JsonArray models = get("/v1/models").getJsonArray("data");
        return models.stream()
                .map(JsonObject.class::cast)
                .map(model -> model.getString("id") + " "
                        + model.getJsonObject("status").getString("value"))
                .toList();
    }

    void awaitStates(String... states) {
        await().pollInterval(10, TimeUnit.MILLISECONDS).until(() -> states().equals(List.of(states)));
    }

    /** SIGTERM; another one would end it at once. */
    void terminate() {
        if (!ended) {
            ended = true;
            program.terminate();
        }
    }

    @Override
    public void close() {
        for (StalledReader reader : streams) {
            try {
                reader.close();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
        terminate();
        assertThat(running.orTimeout(3, TimeUnit.MINUTES).join().code()).isZero();
        client.shutdownNow();
    }
}
