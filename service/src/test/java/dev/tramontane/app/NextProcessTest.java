package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.TinyModel;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program ends in the middle of an answer, and the next one gives the rest: the very tokens, none lost or doubled. */
class NextProcessTest {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving (\\S+) at (http://\\S+)\\R");
    private static final String REQUEST = """
            {"input": "hello", "stream": true, "ignore_eos": true, "temperature": 1, "seed": 11, "max_output_tokens": 3000}\
            """;

    @TempDir
    Path dir;

    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
    }

    private final class Serving implements AutoCloseable {
        private final CapturedProgram program = new CapturedProgram();
        private final CompletableFuture<Outcome> running;
        private boolean ending;

        Serving(String model, String... more) {
            String[] args = Stream.concat(
                            Stream.of("serve", "--model", model, "--port", "0", "--threads", "1"), Stream.of(more))
                    .toArray(String[]::new);
            running = CompletableFuture.supplyAsync(
                    () -> program.run(args),
                    command -> Thread.ofPlatform().daemon().start(command));
        }

        String address() {
            await().until(() ->
                    running.isDone() || ADDRESS.matcher(program.shown()).find());
            Matcher address = ADDRESS.matcher(program.shown());
            assertThat(address.find()).as("%s", running).isTrue();
            return address.group(2);
        }

        HttpResponse<InputStream> send(String path, String body) throws Exception {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address() + path));
            return client.send(
                    body.isEmpty()
                            ? request.build()
                            : request.header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                    BodyHandlers.ofInputStream());
        }

        void terminate() {
            if (!ending) { // Another signal would end it at once.
                ending = true;
                program.terminate();
            }
        }

        @Override
        public void close() {
            terminate();
            assertThat(running.orTimeout(3, TimeUnit.MINUTES).join().code()).isZero();
        }
    }

    private static void read(HttpResponse<InputStream> response, List<JsonObject> into) throws IOException {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            read(lines.lines(), into);
        }
    }

    private static void read(Stream<String> lines, List<JsonObject> into) {
        lines.filter(line -> line.startsWith("data: ") && !line.contains("keepalive"))
                .forEach(line -> into.add(new JsonObject(line.substring("data: ".length()))));
    }

    private static String text(List<JsonObject> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event.getString("delta", "")));
        return text.toString();
    }

    @Test
    void goesOnWithWhatTheOneBeforeCouldNotFinish() throws Exception {
        String model = TinyModel.PLAIN.withContext(16_384).writeTo(dir).toString();
        List<JsonObject> uncut = new ArrayList<>();
        try (Serving alone = new Serving(model)) {
            read(alone.send("/v1/responses", REQUEST), uncut);
        }
        Path directory = dir.resolve("shared");
        String[] sharing = {"--drain-timeout", "0s", "--snapshot-dir", directory.toString()};
        List<JsonObject> events = new ArrayList<>();
        try (Serving first = new Serving(model, sharing);
                StalledReader cut = new StalledReader(first.address(), "/v1/responses", new JsonObject(REQUEST))) {
            first.terminate();
            read(cut.events(), events);
        }
        JsonObject notice = events.removeLast();
        assertThat(notice.getString("type")).isEqualTo("response.incomplete");
        String url = notice.getJsonObject("resume").getString("url");
        try (Serving second = new Serving(model, sharing)) {
            read(second.send(url, ""), events);
        }
        assertThat(text(events)).isEqualTo(text(uncut));
        assertThat(events).hasSameSizeAs(uncut);
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
        }
        JsonObject usage = events.getLast().getJsonObject("response").getJsonObject("usage");
        assertThat(usage.getInteger("output_tokens")).isEqualTo(3000);
        assertThat(usage.getInteger("input_tokens"))
                .isEqualTo(uncut.getLast()
                        .getJsonObject("response")
                        .getJsonObject("usage")
                        .getInteger("input_tokens"));
        try (Stream<Path> files = Files.list(directory.resolve("answers"))) {
            assertThat(files.filter(file -> !file.toString().endsWith(".answer")))
                    .isEmpty(); // The whole one was written.
        }
    }
}
