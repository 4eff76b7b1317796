package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.Recovery;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A service that is a process of its own, as {@link Recovery} sees it: by its endpoints, its metrics and {@code /proc}. */
final class WatchedProcess implements Recovery.Watched, AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving \\S+ at (http://127.0.0.1:(\\d+))");
    private static final Duration HANG = Duration.ofMinutes(3);

    /** A prompt that is read and encoded aside, on threads that are made when they are needed. */
    static final String LARGE = "x".repeat(100_000);

    final Process process;
    final String url;
    final int port;

    /** @param out the file that the process writes its standard output to */
    WatchedProcess(Process process, Path out) throws IOException {
        this.process = process;
        await().atMost(HANG)
                .until(() -> !process.isAlive()
                        || ADDRESS.matcher(Files.readString(out)).find());
        Matcher address = ADDRESS.matcher(Files.readString(out));
        assertThat(address.find())
                .as("it serves; its output: %s", Files.readString(out))
                .isTrue();
        url = address.group(1);
        port = Integer.parseInt(address.group(2));
    }

    @Override
    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public int live() throws IOException {
        return status("/livez");
    }

    /** What this is answered with. */
    int status(String path) throws IOException {
        return connect(path).getResponseCode();
    }

    /** The status of an answer to this prompt, or how there was none. */
    String outcome(String path, String prompt) {
        try {
            HttpURLConnection connection = connect(path);
            connection.setRequestProperty("Content-Type", "application/json");
            connection.setReadTimeout((int) HANG.toMillis());
            connection.setDoOutput(true);
            connection
                    .getOutputStream()
                    .write(JsonObject.of("prompt", prompt).toBuffer().getBytes());
            int status = connection.getResponseCode();
            connection.disconnect(); // A long answer that nobody reads keeps it open.
            return Integer.toString(status);
        } catch (IOException none) {
            return none.toString();
        }
    }

    /** Makes the threads for large bodies, of which each comes with a task until all are there: no leak, so it happens before the count. */
    WatchedProcess withWorkers() {
        for (int i = 0; i < 2 * VertxOptions.DEFAULT_WORKER_POOL_SIZE; i++) {
            assertThat(outcome("/tokenize", LARGE)).isEqualTo("200");
        }
        return this;
    }

    String metrics() throws IOException {
        return new String(connect("/metrics").getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** A streamed answer of so many tokens, whose status is 200. */
    InputStream stream(int tokens) throws IOException {
        HttpURLConnection asked = ask(tokens);
        assertThat(asked.getResponseCode()).isEqualTo(200);
        return asked.getInputStream();
    }

    private HttpURLConnection ask(int tokens) throws IOException {
        JsonObject body = new JsonObject()
                .put("prompt", "hello")
                .put("temperature", 0)
                .put("max_tokens", tokens)
                .put("ignore_eos", true)
                .put("stream", true);
        HttpURLConnection connection = connect("/v1/completions");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setDoOutput(true);
        connection.getOutputStream().write(body.toBuffer().getBytes());
        return connection;
    }

    /** A connection of its own for each request: one that is kept would count. */
    private HttpURLConnection connect(String path) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url + path).toURL().openConnection();
        connection.setRequestProperty("Connection", "close");
        return connection;
    }

    @Override
    public @Nullable String canary(Runnable begun) throws IOException {
        HttpURLConnection answer;
        int status;
        try {
            answer = ask(60);
            status = answer.getResponseCode();
        } catch (IOException noPlace) {
            return null; // Beyond the most connections they are closed at once, be it while the request is written.
        }
        if (status == 429 || status == 503) {
            answer.disconnect();
            return null;
        }
        assertThat(status).isEqualTo(200);
        StringBuilder words = new StringBuilder();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(answer.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.equals("data: [DONE]")) {
                    words.append("[done]");
                } else if (line.startsWith("data: ")) {
                    words.append(new JsonObject(line.substring(6))
                            .getJsonArray("choices")
                            .getJsonObject(0)
                            .getString("text"));
                    begun.run();
                }
            }
        }
        return words.toString();
    }

    @Override
    public Recovery.Held held() throws IOException {
        String metrics = metrics();
        Path proc = Path.of("/proc", Long.toString(process.pid()));
        return new Recovery.Held(
                value(metrics, "tramontane_requests_waiting")
                        + value(metrics, "tramontane_requests_running")
                        + value(metrics, "tramontane_requests_parked"),
                value(metrics, "tramontane_cache_pages{state=\"reserved\"}"),
                value(metrics, "tramontane_http_connections"),
                count(proc.resolve("fd")),
                count(proc.resolve("task")),
                value(metrics, "jvm_buffer_pool_used_bytes{pool=\"direct\"}"));
    }

    static long value(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name + " in " + metrics));
    }

    private static long count(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.count();
        }
    }

    /** Sends a signal by its name. */
    void signal(String name) throws Exception {
        OwnProcess.signal(process, name);
    }

    @Override
    public void close() {
        OwnProcess.end(process);
    }
}
