package dev.tramontane.engine;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.source.ModelSource;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What adapters cost: sixteen sequences at a time without any (A), all with one of rank 8 (B), each with its own (C), and the same at
 * rank 64 (D, E), on every matrix, in turn in one run. Tokens a second of prompts and of answers, the median of the rounds, and the
 * share of the rate without. Not a test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java --enable-native-access=ALL-UNNAMED -cp "target/test-classes:target/classes:target/lib/*" \
 *     dev.tramontane.engine.AdapterBenchmark [rounds [tokens [model]]]</pre>
 */
public final class AdapterBenchmark {
    private static final int TOGETHER = 16;
    private static final int PROMPT = 128;

    /** @param adapters that the sequences have in turn; 0: none */
    private record Way(String name, int rank, int adapters) {}

    private static final List<Way> WAYS = List.of(
            new Way("A none", 8, 0),
            new Way("B 1 of rank 8", 8, 1),
            new Way("C 16 of rank 8", 8, 16),
            new Way("D 1 of rank 64", 64, 1),
            new Way("E 16 of rank 64", 64, 16));

    private final LoadedModel loaded;
    private final int tokens;

    private AdapterBenchmark(LoadedModel loaded, int tokens) {
        this.loaded = loaded;
        this.tokens = tokens;
    }

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        int tokens = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 64;
        Path model = arguments.length > 2 ? Path.of(arguments[2]) : Fetched.smolLm2();
        LoadOptions options = new LoadOptions(Backend.CPU, CpuLevel.AUTO, 0, OptionalInt.empty(), Optional.empty());
        try (LoadedModel loaded =
                LoadedModel.load(Kernels.library(), ModelSource.open(model), options, (done, all) -> {})) {
            new AdapterBenchmark(loaded, tokens).run(System.out, rounds);
        }
    }

    private void run(PrintStream out, int rounds) throws RefusedException {
        double[][] prompts = new double[WAYS.size()][rounds];
        double[][] answers = new double[WAYS.size()][rounds];
        for (int round = -1; round < rounds; round++) { // The first is to warm up.
            for (int way = 0; way < WAYS.size(); way++) {
                double[] rates = rates(WAYS.get(way));
                if (round >= 0) {
                    prompts[way][round] = rates[0];
                    answers[way][round] = rates[1];
                }
            }
        }
        for (int way = 0; way < WAYS.size(); way++) {
            out.printf(
                    Locale.ROOT,
                    "%-16s prompts %7.1f tokens/s, %.2f of A; answers of %d together %7.1f tokens/s, %.2f of A%n",
                    WAYS.get(way).name,
                    median(prompts[way]),
                    median(prompts[way]) / median(prompts[0]),
                    TOGETHER,
                    median(answers[way]),
                    median(answers[way]) / median(answers[0]));
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Tokens a second of prompts until each answer has begun, and of answers from then on. */
    private double[] rates(Way way) throws RefusedException {
        EngineConfig config = new EngineConfig(
                        new EngineConfig.Step(TOGETHER, 256, 64, 100_000_000),
                        new EngineConfig.Cache(32, CacheType.F16, 1L << 28),
                        new EngineConfig.Admission(64, 2048, TOGETHER, 256, 1 << 20))
                .speculating(Speculation.OFF)
                .withAdapters(new AdapterRoom(Math.max(1, way.adapters), way.rank, Adapter.Type.F32));
        try (EngineLoop engine = new EngineLoop(loaded.model(), config, EngineObserver.NONE, System::nanoTime)) {
            List<Adapter.Part> parts = parts(way.rank); // The same of all: their numbers cost what others would.
            List<EngineAdapter> adapters = new ArrayList<>();
            for (int i = 0; i < way.adapters; i++) {
                CompletableFuture<EngineAdapter> loading = engine.loadAdapter(new Adapter(way.rank + " " + i, parts));
                while (!loading.isDone()) {
                    engine.step();
                }
                adapters.add(loading.join());
            }
            List<Recorder> heard = new ArrayList<>();
            long begun = System.nanoTime();
            for (int i = 0; i < TOGETHER; i++) {
                Recorder recorder = new Recorder();
                heard.add(recorder);
                Submission submission = submission(i);
                engine.submit(
                        adapters.isEmpty() ? submission : submission.adapted(adapters.get(i % adapters.size())),
                        List.of(recorder));
            }
            long answering = 0;
            long before = 0;
            boolean more = true;
            while (more) {
                if (answering == 0 && heard.stream().noneMatch(each -> each.tokens.isEmpty())) {
                    answering = System.nanoTime();
                    before = count(heard);
                }
                more = engine.step();
            }
            long ended = System.nanoTime();
            return new double[] {
                TOGETHER * PROMPT / ((answering - begun) / 1e9), (count(heard) - before) / ((ended - answering) / 1e9)
            };
        }
    }

    private static long count(List<Recorder> heard) {
        return heard.stream().mapToLong(each -> each.tokens.size()).sum();
    }

    /** Nobody else has its prompt. */
    private Submission submission(int number) {
        Random random = new Random(number);
        int[] prompt = random.ints(PROMPT, 0, loaded.geometry().vocabulary()).toArray();
        return new Submission(
                prompt,
                tokens,
                tokens,
                Set.of(),
                Sampling.NEUTRAL.with(SamplingParameter.TEMPERATURE, 0),
                -1,
                -1,
                Long.MAX_VALUE);
    }

    private List<Adapter.Part> parts(int rank) {
        ModelGeometry geometry = loaded.geometry();
        long queries = (long) geometry.heads() * geometry.headDim();
        long keys = (long) geometry.kvHeads() * geometry.headDim();
        Random random = new Random(rank);
        List<Adapter.Part> parts = new ArrayList<>();
        for (int layer = 0; layer < geometry.shape().layers(); layer++) {
            for (Adapter.Matrix matrix : Adapter.Matrix.values()) {
                long rows = switch (matrix) {
                    case Q -> queries;
                    case K, V -> keys;
                    case OUT, DOWN -> geometry.width();
                    case GATE, UP -> geometry.ffn();
                };
                long columns = switch (matrix) {
                    case Q, K, V, GATE, UP -> geometry.width();
                    case OUT -> queries;
                    case DOWN -> geometry.ffn();
                };
                parts.add(new Adapter.Part(
                        matrix,
                        layer,
                        rank,
                        1,
                        true,
                        Adapter.Type.F32,
                        numbers(rank * columns, random),
                        Adapter.Type.F32,
                        numbers(rows * rank, random)));
            }
        }
        return parts;
    }

    private static ByteBuffer numbers(long count, Random random) {
        ByteBuffer numbers =
                ByteBuffer.allocateDirect(Math.toIntExact(count * Float.BYTES)).order(ByteOrder.nativeOrder());
        while (numbers.hasRemaining()) {
            numbers.putFloat(random.nextFloat() * 0.002f - 0.001f);
        }
        return numbers.flip();
    }
}
