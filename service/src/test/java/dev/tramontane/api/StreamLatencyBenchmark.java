package dev.tramontane.api;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.source.ModelSource;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/**
 * What eight SSE clients see of the real chat model, with steps bounded in time (B) and not (A), in turn in one run: the
 * median and the 99th percentile of the time between two tokens, the median time to the first, and all tokens a second.
 * Each client asks again as soon as it has its answer of 64 tokens, with prompts of 20 to 600 tokens. Needs the directory
 * {@code shared}. Not a test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java --enable-native-access=ALL-UNNAMED -cp "target/test-classes:target/classes:target/lib/*" \
 *     dev.tramontane.api.StreamLatencyBenchmark [seconds [rounds [milliseconds a step in B]]]</pre>
 */
public final class StreamLatencyBenchmark {
    private static final int CLIENTS = 8;
    private static final int ANSWER = 64;
    private static final int[] WORDS = {20, 60, 200, 60, 600, 20, 60, 100};

    private final PrintStream out;
    private final long seconds;

    private StreamLatencyBenchmark(PrintStream out, long seconds) {
        this.out = out;
        this.seconds = seconds;
    }

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        long seconds = arguments.length > 0 ? Long.parseLong(arguments[0]) : 20;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
        long millis = arguments.length > 2 ? Long.parseLong(arguments[2]) : 100;
        StreamLatencyBenchmark benchmark = new StreamLatencyBenchmark(System.out, seconds);
        for (int round = 0; round < rounds; round++) {
            benchmark.run("A, any time", 0);
            benchmark.run("B, " + millis + " ms", TimeUnit.MILLISECONDS.toNanos(millis));
        }
    }

    /** One client's measurements. */
    private static final class Client {
        final List<Long> gaps = new ArrayList<>();
        final List<Long> firsts = new ArrayList<>();
        long tokens;
    }

    private void run(String name, long stepNanos) throws Exception {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(16, 256, 64),
                new EngineConfig.Cache(32, CacheType.F16, 1L << 30),
                new EngineConfig.Admission(64, 2048, 8, 256, 1 << 20));
        LoadOptions options = new LoadOptions(Backend.CPU, CpuLevel.AUTO, 0, OptionalInt.empty(), Optional.empty());
        LoadedModel loaded =
                LoadedModel.load(Kernels.library(), ModelSource.open(Fetched.smolLm2()), options, (done, all) -> {});
        try (TestService service = TestService.on(loaded, config.withStepNanos(stepNanos), TestService.CONFIG)) {
            measure(service, 3); // Warm.
            long start = System.nanoTime();
            List<Client> clients = measure(service, seconds);
            double took = (System.nanoTime() - start) / 1e9;
            long[] gaps =
                    sorted(clients.stream().flatMapToLong(c -> c.gaps.stream().mapToLong(Long::longValue)));
            long[] firsts =
                    sorted(clients.stream().flatMapToLong(c -> c.firsts.stream().mapToLong(Long::longValue)));
            long tokens = clients.stream().mapToLong(c -> c.tokens).sum();
            out.printf(
                    "%-12s between tokens: median %5.1f ms, 99 %% %5.1f ms (%.1f times), longest %6.1f ms;"
                            + " first token: median %5.0f ms, 90 %% %5.0f ms; %.0f tokens/s of prompts and answers%n",
                    name,
                    gaps[gaps.length / 2] / 1e6,
                    gaps[gaps.length * 99 / 100] / 1e6,
                    (double) gaps[gaps.length * 99 / 100] / gaps[gaps.length / 2],
                    gaps[gaps.length - 1] / 1e6,
                    firsts[firsts.length / 2] / 1e6,
                    firsts[firsts.length * 9 / 10] / 1e6,
                    tokens / took);
        }
    }

    private static long[] sorted(LongStream values) {
        long[] sorted = values.toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    private static List<Client> measure(TestService service, long seconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Client> clients = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Client client = new Client();
            clients.add(client);
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                for (int turn = 0; System.nanoTime() < end; turn++) {
                    ask(service.port, client, WORDS[(number + turn) % WORDS.length]);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return clients;
    }

    private static void ask(int port, Client client, int words) {
        JsonObject body = new JsonObject()
                .put("prompt", "the sea ".repeat(words / 2))
                .put("max_tokens", ANSWER)
                .put("ignore_eos", true)
                .put("temperature", 0)
                .put("stream", true);
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                .build();
        long last = System.nanoTime();
        boolean first = true;
        try (HttpClient http = HttpClient.newHttpClient();
                BufferedReader lines = new BufferedReader(new InputStreamReader(
                        http.send(request, HttpResponse.BodyHandlers.ofInputStream())
                                .body(),
                        StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("data: {") || !line.contains("\"text\"")) {
                    continue;
                }
                long now = System.nanoTime();
                (first ? client.firsts : client.gaps).add(now - last);
                client.tokens += first ? words : 1;
                first = false;
                last = now;
            }
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
