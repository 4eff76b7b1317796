package dev.tramontane.engine;

import dev.tramontane.fixtures.ForwardingModel;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Model;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.model.StepBatch;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * How long a device would have nothing to do because the host takes a step's results in, chooses the next one and describes it
 * (docs/adr/0065): from where a decode has been waited for to where the next is submitted, on a tiny model whose results are told
 * late, as a device's are. What it leaves out is what a device adds: that a thread is woken, and that the first kernel starts.
 * Not a test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java --enable-native-access=ALL-UNNAMED -cp "target/test-classes:target/classes:target/lib/*" \
 *     dev.tramontane.engine.BetweenStepsBenchmark [tokens]</pre>
 */
public final class BetweenStepsBenchmark {
    private static final int WARM_UP = 3;

    private BetweenStepsBenchmark() {}

    /** The model, with times between its steps. */
    private static final class Timed extends ForwardingModel {
        private final int sequences;
        private final List<Long> chosen = new ArrayList<>();
        private final List<Long> submitted = new ArrayList<>();
        private long ended;

        Timed(Model model, int sequences) {
            super(model);
            this.sequences = sequences;
        }

        @Override
        public boolean computesElsewhere() {
            return true;
        }

        @Override
        public void submit(StepBatch batch) {
            long begun = System.nanoTime();
            boolean decode = ended > 0 && batch.rows() == sequences;
            super.submit(batch);
            if (decode) {
                chosen.add(begun - ended);
                submitted.add(System.nanoTime() - ended);
            }
        }

        @Override
        public boolean await(long timeoutNanos) {
            boolean done = super.await(timeoutNanos);
            ended = System.nanoTime();
            return done;
        }
    }

    /**
     * Runs it.
     *
     * @param arguments tokens of each answer
     */
    public static void main(String[] arguments) throws Exception {
        int tokens = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2000;
        PrintStream out = System.out;
        Path directory = Files.createTempDirectory("between-steps");
        try (LoadedModel loaded = TinyModel.PLAIN.load(directory, Backend.CPU, 1)) {
            out.println(Kernels.library().host().processors() + " processors");
            for (boolean warm : new boolean[] {false, true}) { // Compiled only where it has met all of them.
                for (boolean drawn : new boolean[] {false, true}) {
                    for (int sequences : new int[] {1, 8, 64}) {
                        String found = measure(loaded.model(), sequences, tokens, drawn);
                        if (warm) {
                            out.println(found);
                        }
                    }
                }
            }
        }
    }

    private static String measure(Model model, int sequences, int tokens, boolean drawn) throws RefusedException {
        Timed timed = new Timed(model, sequences);
        for (int round = 0; round <= WARM_UP; round++) {
            timed = new Timed(model, sequences);
            run(timed, sequences, round < WARM_UP ? tokens / 2 : tokens, drawn);
        }
        double chosen = median(timed.chosen);
        double submitted = median(timed.submitted);
        // Steps of the goals on an H200: 7B in BF16 and Q4_0 alone, in BF16 at 64 sequences.
        String share = sequences == 64
                ? String.format(Locale.ROOT, "of 5,517 us (BF16 at 11,600 tok/s) %.1f %%", submitted / 5_517 * 100)
                : sequences == 1
                        ? String.format(
                                Locale.ROOT,
                                "of 3,906 us (BF16 at 256 tok/s) %.1f %%, of 1,499 us (Q4_0 at 667) %.1f %%",
                                submitted / 3_906 * 100,
                                submitted / 1_499 * 100)
                        : "";
        return String.format(
                Locale.ROOT,
                "%2d sequences, %s: %.1f us until the next step is described, %.1f until it is submitted (%d steps); %s",
                sequences,
                drawn ? "drawn, with a penalty" : "greedy",
                chosen,
                submitted,
                timed.submitted.size(),
                share);
    }

    private static void run(Timed model, int sequences, int tokens, boolean drawn) throws RefusedException {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(sequences, Math.max(64, sequences), sequences),
                new EngineConfig.Cache(32, CacheType.F16, 256L << 20),
                new EngineConfig.Admission(sequences, 4096, 1, 2 * sequences, 1 << 20));
        Sampling sampling = drawn
                ? Sampling.NEUTRAL
                        .with(SamplingParameter.TEMPERATURE, 0.8)
                        .with(SamplingParameter.TOP_P, 0.95)
                        .with(SamplingParameter.FREQUENCY_PENALTY, 0.2)
                        .withSeed(1)
                : Sampling.GREEDY;
        try (EngineLoop engine = new EngineLoop(model, config, EngineObserver.NONE, System::nanoTime)) {
            for (int i = 0; i < sequences; i++) {
                engine.submit(
                        new Submission(Asks.prompt(8, i), tokens, 0, Set.of(), sampling, -1, -1, Long.MAX_VALUE),
                        List.of(new Recorder()));
            }
            boolean more = true;
            while (more) {
                more = engine.step();
            }
        }
    }

    private static double median(List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2] / 1e3;
    }
}
