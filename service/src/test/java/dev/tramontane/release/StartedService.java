package dev.tramontane.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A server as a process, asked over HTTP. */
final class StartedService implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("serving \\S+ at (http://127\\.0\\.0\\.1:\\d+)");

    private final Process process;
    private final String address;
    private final HttpClient client = HttpClient.newHttpClient();

    private StartedService(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    /** Waits until it says where it serves. */
    static StartedService of(ProcessBuilder builder, Path log) throws Exception {
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        while (true) {
            Matcher matcher = ADDRESS.matcher(Files.readString(log));
            if (matcher.find()) {
                return new StartedService(process, matcher.group(1));
            }
            boolean ended = process.waitFor(100, TimeUnit.MILLISECONDS);
            assertThat(ended).as(Files.readString(log)).isFalse();
        }
    }

    long pid() {
        return process.pid();
    }

    /** It is ready, and continues a sentence as its model does. */
    void answers() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create(address + "/v1/completions"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(
                                "{\"prompt\": \"The capital of France is\", \"max_tokens\": 4, \"temperature\": 0}"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("Paris");
    }

    /** Asks for streams, several at a time, until one is refused for want of room; all others end. */
    void overload() {
        boolean refused = false;
        while (!refused) {
            List<CompletableFuture<HttpResponse<String>>> answers = Stream.generate(() -> client.sendAsync(
                            HttpRequest.newBuilder(URI.create(address + "/v1/completions"))
                                    .header("Content-Type", "application/json")
                                    .POST(BodyPublishers.ofString(
                                            "{\"prompt\": \"a\", \"max_tokens\": 40, \"stream\": true}"))
                                    .build(),
                            BodyHandlers.ofString()))
                    .limit(8)
                    .toList();
            List<Integer> statuses =
                    answers.stream().map(answer -> answer.join().statusCode()).toList();
            assertThat(statuses).contains(200).isSubsetOf(200, 429);
            refused = statuses.contains(429);
        }
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(URI.create(address + path)).build(), BodyHandlers.ofString());
    }

    /** By SIGTERM, after which it ends with 0. */
    @Override
    public void close() {
        process.destroy();
        try {
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
        // SIGTERM ended it after the drain, or while there was nothing to drain.
        assertThat(process.exitValue()).isZero();
    }
}
