package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.faults.FaultProxy;
import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.Ports;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One model over three processes: a server and two stages, each behind a network that can be made a bad one. */
final class StagedServer implements AutoCloseable {
    private static final int STAGES = 2;
    private static final int HANG_MILLIS = 120_000;

    /** A pool's thread or a selector's descriptor more. */
    private static final int SPARE = 8;

    final List<StageProcess> stages = new ArrayList<>();
    final List<FaultProxy> networks = new ArrayList<>();
    final WatchedProcess head;
    private final Path folder;
    private final String model;
    private final List<String> ports = new ArrayList<>();
    private List<Long> before = List.of();

    /** An answer, whole. */
    record Answer(int status, String body, String retryAfter) {}

    StagedServer(Path folder, String model, String... more) throws IOException {
        this.folder = folder;
        this.model = model;
        try {
            for (int i = 0; i < STAGES; i++) {
                stages.add(new StageProcess(folder, model, Ports.free(), "--stage-timeout", "2s"));
            }
            for (StageProcess stage : stages) {
                networks.add(FaultProxy.before(stage.port()));
                ports.add(Integer.toString(stage.port()));
            }
            String addresses = networks.stream()
                    .map(network -> "127.0.0.1:" + network.port())
                    .collect(Collectors.joining(","));
            Path out = folder.resolve("head.out");
            String[] arguments = Stream.concat(
                            Stream.of("--model", model, "--port", "0", "--threads", "1", "--stages", addresses),
                            Stream.concat(Stream.of("--stage-timeout", "2s", "--context", "2048"), Stream.of(more)))
                    .toArray(String[]::new);
            head = new WatchedProcess(
                    OwnProcess.serve(List.of(OwnProcess.OWN_LOG, "-Xmx256m", "-XX:TieredStopAtLevel=1"), arguments)
                            .redirectOutput(out.toFile())
                            .redirectError(folder.resolve("head.err").toFile())
                            .start(),
                    out);
        } catch (IOException | RuntimeException | Error failed) {
            end();
            throw failed;
        }
    }

    /** The stage's name in what the server says to its operator. */
    String name(int stage) {
        return "127.0.0.1:" + networks.get(stage).port();
    }

    /** What clients are told of its loss: each process has one of the three layers. */
    String loss(int stage) {
        return "the stage of layer " + (stage + 1) + " was lost";
    }

    /** Begins the stage anew, where it was. */
    void restart(int stage) throws IOException {
        stages.get(stage).close();
        stages.set(stage, new StageProcess(folder, model, Integer.parseInt(ports.get(stage)), "--stage-timeout", "2s"));
    }

    static HttpURLConnection begin(String url, String path, JsonObject body) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url + path).toURL().openConnection();
        connection.setRequestProperty("Connection", "close");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setReadTimeout(HANG_MILLIS);
        connection.setDoOutput(true);
        connection.getOutputStream().write(body.toBuffer().getBytes());
        return connection;
    }

    static Answer send(String url, String path, JsonObject body) throws IOException {
        HttpURLConnection connection = begin(url, path, body);
        int status = connection.getResponseCode();
        try (var in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Answer(
                    status,
                    new String(in.readAllBytes(), StandardCharsets.UTF_8),
                    String.valueOf(connection.getHeaderField("Retry-After")));
        }
    }

    /** A stream whose first event has come. */
    BufferedReader stream(JsonObject body) throws IOException {
        HttpURLConnection connection =
                begin(head.url, "/v1/completions", body.copy().put("stream", true));
        assertThat(connection.getResponseCode()).isEqualTo(200);
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
        return fromFirstEvent(lines);
    }

    /** A stream's lines, when its first event has come. */
    static BufferedReader fromFirstEvent(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        while (line != null && !line.startsWith("data: {")) {
            line = lines.readLine();
        }
        assertThat(line).isNotNull();
        return lines;
    }

    String ready() throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(head.url + "/readyz").toURL().openConnection();
        connection.setRequestProperty("Connection", "close");
        int status = connection.getResponseCode();
        try (var in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return status + " " + new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    void awaitReady() {
        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(ready()).startsWith("200"));
    }

    /** What each process has open and runs: the server's descriptors and threads, then each stage's. */
    private List<Long> held() throws IOException {
        List<Long> held = new ArrayList<>();
        for (Process process : Stream.concat(
                        Stream.of(head.process), stages.stream().map(stage -> stage.process))
                .toList()) {
            for (String kind : List.of("fd", "task")) {
                try (Stream<Path> entries = Files.list(Path.of("/proc", Long.toString(process.pid()), kind))) {
                    held.add(entries.count());
                }
            }
        }
        return held;
    }

    /** Nothing runs. The first time it looks what there is, later that there is no more. */
    void awaitSettled() {
        await().untilAsserted(() -> {
            String metrics = head.metrics();
            assertThat(HeldByProcess.sum(metrics, "tramontane_requests_(?:waiting|running|parked)", ""))
                    .as("requests")
                    .isZero();
            assertThat(HeldByProcess.sum(metrics, "tramontane_cache_pages", "state=\"(?:used|reserved)\""))
                    .as("pages")
                    .isZero();
            List<Long> now = held();
            for (int i = 0; i < before.size(); i++) {
                assertThat(now.get(i))
                        .as("descriptors and threads of each, before %s, now %s", before, now)
                        .isLessThanOrEqualTo(before.get(i) + SPARE);
            }
        });
    }

    void remember() throws IOException {
        before = held();
    }

    private void end() {
        stages.forEach(StageProcess::close);
        for (FaultProxy network : networks) {
            try {
                network.close();
            } catch (IOException closed) {
                throw new java.io.UncheckedIOException(closed);
            }
        }
    }

    @Override
    public void close() {
        head.close();
        end();
    }
}
