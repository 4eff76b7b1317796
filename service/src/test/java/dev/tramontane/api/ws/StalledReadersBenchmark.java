package dev.tramontane.api.ws;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.DType;
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
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * What 500 readers that stand still, half of them over SSE and half over WebSockets, each with more to come than its buffers
 * hold, cost 4 lively ones (2 and 2): the time between two of their tokens alone (A) and beside them (B), in turn in one run,
 * and what the heap holds after a collection in each round. A model of next to nothing, so that whatever the readers
 * cost shows; with more layers a step takes longer. Not a test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java --enable-native-access=ALL-UNNAMED -cp "target/test-classes:target/classes:target/lib/*" \
 *     dev.tramontane.api.ws.StalledReadersBenchmark [seconds [rounds [look-ahead [layers]]]]</pre>
 */
public final class StalledReadersBenchmark {
    private static final int STALLED = 500;
    private static final int LIVELY = 4;
    private static final int LONG = 4000;
    private static final int SHORT = 400;

    private final PrintStream out;
    private final long seconds;
    private final int lookAhead;

    private StalledReadersBenchmark(PrintStream out, long seconds, int lookAhead) {
        this.out = out;
        this.seconds = seconds;
        this.lookAhead = lookAhead;
    }

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        long seconds = arguments.length > 0 ? Long.parseLong(arguments[0]) : 20;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        int lookAhead = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 64;
        int layers = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 3;
        new StalledReadersBenchmark(System.out, seconds, lookAhead).run(rounds, layers);
    }

    private void run(int rounds, int layers) throws Exception {
        Path dir = Files.createTempDirectory("stalled");
        LoadOptions options = new LoadOptions(Backend.CPU, CpuLevel.AUTO, 1, OptionalInt.of(64), Optional.empty());
        try (LoadedModel loaded = LoadedModel.load(
                        Kernels.library(),
                        ModelSource.open(new TinyModel(layers, 0, 4096, DType.F32, false, 1).writeTo(dir)),
                        options,
                        (done, all) -> {});
                EngineLoop engine = engine(loaded);
                Served served = new Served(
                        engine,
                        Served.config(SocketLimits.DEFAULT, Served.SMALL_BUFFERS, Duration.ofSeconds(15), lookAhead),
                        loaded.tokenizer(),
                        new RequestMemory(1L << 30))) {
            engine.start();
            measure(served); // Warm.
            for (int round = 1; round <= rounds; round++) {
                tell(round, "A, alone", measure(served), engine);
                long before = engine.status().generatedTokens();
                List<AutoCloseable> readers = stalled(served);
                while (engine.status().parked() < STALLED) {
                    Thread.sleep(5);
                }
                long each = (engine.status().generatedTokens() - before) / STALLED;
                tell(round, "B, beside " + STALLED, measure(served), engine);
                out.printf(
                        "%d tokens were generated for each before it stood still; %d are still parked%n",
                        each, engine.status().parked());
                for (AutoCloseable reader : readers) {
                    reader.close();
                }
                while (engine.status().parked() > 0) {
                    Thread.sleep(5);
                }
            }
        }
    }

    private static EngineLoop engine(LoadedModel loaded) {
        return new EngineLoop(
                loaded.model(),
                new EngineConfig(
                        new EngineConfig.Step(8, 64, 8),
                        new EngineConfig.Cache(16, CacheType.F16, 256L << 20),
                        new EngineConfig.Admission(STALLED + 2 * LIVELY, LONG + 96, 8, 600, 1 << 20)),
                EngineObserver.NONE,
                System::nanoTime);
    }

    /** Times between two tokens, and of each answer their mean: tokens that come together have next to no time between them. */
    private static final class Seen {
        final List<Long> gaps = new ArrayList<>();
        final List<Long> means = new ArrayList<>();
        private long first;
        private long last;
        private int tokens;

        void begin() {
            tokens = 0;
        }

        void token() {
            long now = System.nanoTime();
            if (tokens == 0) {
                first = now;
            } else {
                gaps.add(now - last);
            }
            last = now;
            tokens++;
        }

        void end() {
            means.add((last - first) / Math.max(1, tokens - 1));
        }
    }

    private static double millis(List<Seen> seen, Function<Seen, List<Long>> what, int percent) {
        long[] sorted = seen.stream()
                .flatMapToLong(each -> what.apply(each).stream().mapToLong(Long::longValue))
                .sorted()
                .toArray();
        return sorted[(int) ((long) sorted.length * percent / 100)] / 1e6;
    }

    private void tell(int round, String name, List<Seen> seen, EngineLoop engine) {
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        out.printf(
                "round %d %-14s between tokens: mean of an answer %.3f ms in the median of %d answers; 90 %% %.3f ms, 99 %%"
                        + " %.3f ms; heap after a collection %.1f MB; pages used %d%n",
                round,
                name,
                millis(seen, each -> each.means, 50),
                seen.stream().mapToInt(each -> each.means.size()).sum(),
                millis(seen, each -> each.gaps, 90),
                millis(seen, each -> each.gaps, 99),
                heap / 1e6,
                engine.status().pagesUsed());
    }

    private static JsonObject create(int tokens, int seed) {
        return JsonObject.of("type", "response.create", "store", false, "input", "go", "ignore_eos", true)
                .put("seed", seed)
                .put("max_output_tokens", tokens);
    }

    private static Socket stream(int port, int receiveBuffer, int tokens, int seed) throws IOException {
        Socket socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        String body = JsonObject.of("prompt", "go", "max_tokens", tokens, "ignore_eos", true, "seed", seed)
                .put("stream", true)
                .encode();
        String request = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static List<AutoCloseable> stalled(Served served) throws IOException {
        List<AutoCloseable> readers = new ArrayList<>();
        for (int i = 0; i < STALLED; i++) {
            if (i % 2 == 0) {
                readers.add(stream(served.port, 2048, LONG, i));
            } else {
                RawSocket socket = RawSocket.small(served.port);
                readers.add(socket);
                socket.send(create(LONG, i));
            }
        }
        return readers;
    }

    /** What each of the lively readers saw. */
    private List<Seen> measure(Served served) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        List<Seen> all = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < LIVELY; i++) {
            Seen seen = new Seen();
            all.add(seen);
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int turn = 0; System.nanoTime() < end; turn++) {
                        seen.begin();
                        if (number % 2 == 0) {
                            readStream(served.port, seen, turn);
                        } else {
                            readSocket(served.port, seen, turn);
                        }
                        seen.end();
                    }
                } catch (IOException broken) {
                    throw new UncheckedIOException(broken);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return all;
    }

    private static void readStream(int port, Seen seen, int seed) throws IOException {
        try (Socket socket = stream(port, 0, SHORT, seed);
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("data: {")) {
                    seen.token();
                }
            }
        }
    }

    private static void readSocket(int port, Seen seen, int seed) throws IOException {
        try (RawSocket socket = RawSocket.open(port)) {
            socket.send(create(SHORT, seed));
            String type = "";
            while (!type.equals("response.incomplete")) {
                type = socket.event().getString("type");
                if (type.equals("response.output_text.delta")) {
                    seen.token();
                }
            }
        }
    }
}
