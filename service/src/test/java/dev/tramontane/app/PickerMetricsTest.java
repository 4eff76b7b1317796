package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.Picker;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A running service's figures are what an endpoint picker reads, by the names in the configuration that is shipped. */
@Tag("clients")
@Timeout(300) // Only a hang reaches it.
class PickerMetricsTest {
    private static final Pattern ADDRESS = Pattern.compile("http://127.0.0.1:(\\d+)");
    private static final Duration HANG = Duration.ofMinutes(3);

    @TempDir
    Path dir;

    /** One lane's worth of cache: of two long requests one waits. */
    @Test
    void eachFigureIsReadAndMoves() throws Exception {
        Picker.isNeeded();
        assertThat(Picker.specifications().keySet())
                .containsExactlyInAnyOrder("queue", "running", "cache", "page", "blocks");
        String model = TinyModel.PLAIN.withContext(16_384).writeTo(dir).toString();
        CapturedProgram program = new CapturedProgram();
        CompletableFuture<CapturedProgram.Outcome> running = CompletableFuture.supplyAsync(
                () -> program.run(
                        "serve",
                        "--model",
                        model,
                        "--port",
                        "0",
                        "--threads",
                        "1",
                        "--max-batch",
                        "1",
                        "--drain-timeout",
                        "0s"),
                command -> Thread.ofPlatform().daemon().start(command));
        await().atMost(HANG)
                .until(() ->
                        running.isDone() || ADDRESS.matcher(program.shown()).find());
        Matcher address = ADDRESS.matcher(program.shown());
        assertThat(address.find()).as("started: %s", running).isTrue();
        int port = Integer.parseInt(address.group(1));
        try (HttpClient client = HttpClient.newHttpClient();
                Picker picker = Picker.start(dir, port)) {
            await().atMost(HANG)
                    .until(() -> picker.state(port).getInteger("page") != 0); // Its first look at the metrics.
            JsonObject idle = picker.state(port);
            assertThat(idle.getInteger("page")).isEqualTo(32);
            assertThat(idle.getInteger("blocks")).isEqualTo(16_384 / 32);
            assertThat(idle.getDouble("queue")).isZero();
            assertThat(idle.getDouble("running")).isZero();
            assertThat(idle.getDouble("cache")).isZero();
            CompletableFuture<HttpResponse<InputStream>> other;
            try (InputStream one = endless(client, port).join().body()) {
                await().atMost(HANG).until(() -> picker.state(port).getDouble("running") == 1);
                assertThat(picker.state(port).getDouble("cache"))
                        .as("reserved to its last token, of a cache for one such")
                        .isGreaterThan(0.5)
                        .isLessThanOrEqualTo(1);
                other = endless(client, port);
                await().atMost(HANG).until(() -> picker.state(port).getDouble("queue") == 1);
                assertThat(one.read()).isNotNegative();
            }
            // The first one left, so the other is admitted; then it leaves, too.
            other.get(HANG.toSeconds(), TimeUnit.SECONDS).body().close();
            await().atMost(HANG).until(() -> {
                JsonObject state = picker.state(port);
                return state.getDouble("queue") == 0
                        && state.getDouble("running") == 0
                        && state.getDouble("cache") == 0;
            });
        } finally {
            program.terminate();
            assertThat(running.get(HANG.toSeconds(), TimeUnit.SECONDS).code()).isZero();
        }
    }

    /** A stream of more tokens than anybody waits for. */
    private static CompletableFuture<HttpResponse<InputStream>> endless(HttpClient client, int port) {
        JsonObject body = new JsonObject()
                .put("prompt", "hello")
                .put("max_tokens", 16_000)
                .put("ignore_eos", true)
                .put("stream", true);
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build();
        return client.sendAsync(request, BodyHandlers.ofInputStream());
    }
}
