package dev.tramontane.engine;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.source.ModelSource;
import dev.tramontane.tokenizer.PromptText;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What guessing ahead gains, on the real chat model or another one: texts that repeat their prompt, and free ones, greedy and drawn, alone and eight at a time, plain (A), guessed
 * where it pays (B) and always (C), in turn in one run. Tokens a second from the first to the last of all answers: the median of the rounds, and the gain over plain.
 * Fails where answers differ. Not a test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java --enable-native-access=ALL-UNNAMED -cp "target/test-classes:target/classes:target/lib/*" \
 *     dev.tramontane.engine.SpeculationBenchmark [rounds [tokens [model]]]</pre>
 */
public final class SpeculationBenchmark {
    private static final String FUNCTION = """
            public static int countWords(String text) {
                int words = 0;
                boolean inside = false;
                for (int i = 0; i < text.length(); i++) {
                    char c = text.charAt(i);
                    if (Character.isWhitespace(c)) {
                        inside = false;
                    } else if (!inside) {
                        inside = true;
                        words++;
                    }
                }
                return words;
            }
            """;

    private static final List<String> REPEATING = List.of(
            "Repeat this function word for word, and nothing else:\n\n" + FUNCTION,
            "Rename countWords to numberOfWords in this function and answer with the whole function:\n\n" + FUNCTION);

    private static final List<String> FREE = List.of(
            "Tell me a story about a lighthouse keeper who finds a letter in a bottle.",
            "Explain why the sky is blue and sunsets are red, to somebody who has never heard of light waves.");

    private static final String[] WAYS = {"A plain", "B pays", "C always"};

    private record Case(String name, List<String> prompts, double temperature, int together) {}

    private final PrintStream out;
    private final LoadedModel loaded;
    private final int tokens;

    private SpeculationBenchmark(PrintStream out, LoadedModel loaded, int tokens) {
        this.out = out;
        this.loaded = loaded;
        this.tokens = tokens;
    }

    /** See above. */
    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        int tokens = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 128;
        Path model = arguments.length > 2 ? Path.of(arguments[2]) : Fetched.smolLm2();
        LoadOptions options = new LoadOptions(Backend.CPU, CpuLevel.AUTO, 0, OptionalInt.empty(), Optional.empty());
        try (LoadedModel loaded =
                LoadedModel.load(Kernels.library(), ModelSource.open(model), options, (done, all) -> {})) {
            SpeculationBenchmark benchmark = new SpeculationBenchmark(System.out, loaded, tokens);
            for (Case each : List.of(
                    new Case("repeating", REPEATING, 0, 1),
                    new Case("repeating, drawn", REPEATING, 0.7, 1),
                    new Case("free", FREE, 0, 1),
                    new Case("free, drawn", FREE, 0.8, 1),
                    new Case("repeating, 8 together", REPEATING, 0, 8),
                    new Case("free, 8 together", FREE, 0.8, 8))) {
                benchmark.run(each, rounds);
            }
        }
    }

    private void run(Case what, int rounds) throws RefusedException {
        double[][] rates = new double[WAYS.length][rounds];
        EngineStatus[] last = new EngineStatus[WAYS.length];
        List<List<Integer>> expected = null;
        for (int round = -1; round < rounds; round++) { // The first is to warm up.
            for (int way = 0; way < WAYS.length; way++) {
                Run run = new Run(what, way);
                if (expected == null) {
                    expected = run.answers;
                } else if (!expected.equals(run.answers)) {
                    throw new IllegalStateException(what.name + ", " + WAYS[way] + ": another answer");
                }
                last[way] = run.status;
                if (round >= 0) {
                    rates[way][round] = run.rate;
                }
            }
        }
        double plain = median(rates[0]);
        for (int way = 0; way < WAYS.length; way++) {
            long accepted = last[way].guessesAccepted();
            long guessed = accepted + last[way].guessesRejected();
            out.printf(
                    Locale.ROOT,
                    "%-22s %-9s %7.1f tokens/s, %.2f times plain; %4d of %4d guesses right, %.2f tokens a decoding step%n",
                    what.name,
                    WAYS[way],
                    median(rates[way]),
                    median(rates[way]) / plain,
                    accepted,
                    guessed,
                    last[way].generatedTokens() / (double) Math.max(1, last[way].generatedTokens() - accepted));
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** All answers of a case, once. */
    private final class Run {
        final List<List<Integer>> answers = new ArrayList<>();
        final double rate;
        final EngineStatus status;

        Run(Case what, int way) throws RefusedException {
            EngineConfig config = new EngineConfig(
                            new EngineConfig.Step(16, 256, 64, 100_000_000),
                            new EngineConfig.Cache(32, CacheType.F16, 1L << 28),
                            new EngineConfig.Admission(64, 2048, 8, 256, 1 << 20))
                    .speculating(way == 1 ? Speculation.AUTO : Speculation.OFF);
            long decoding = 0;
            long generated = 0;
            try (EngineLoop engine = new EngineLoop(loaded.model(), config, EngineObserver.NONE, System::nanoTime)) {
                for (int first = 0; first < what.prompts.size(); first++) {
                    List<Recorder> heard = new ArrayList<>();
                    for (int i = 0; i < what.together; i++) {
                        Recorder recorder = new Recorder();
                        heard.add(recorder);
                        Sampling sampling = Sampling.NEUTRAL
                                .with(SamplingParameter.TEMPERATURE, what.temperature)
                                .withSeed(first * 100L + i);
                        Speculation wish =
                                way == 2 ? new Speculation(Speculation.Method.LOOKUP, Speculation.USUAL) : null;
                        engine.submit(
                                submission(what.prompts.get((first + i) % what.prompts.size()), sampling, wish),
                                List.of(recorder));
                    }
                    long begun = 0;
                    boolean more = true;
                    while (more) {
                        if (begun == 0 && heard.stream().noneMatch(each -> each.tokens.isEmpty())) {
                            begun = System.nanoTime();
                            generated -= heard.stream()
                                    .mapToLong(each -> each.tokens.size())
                                    .sum();
                        }
                        more = engine.step();
                    }
                    decoding += System.nanoTime() - begun;
                    for (Recorder each : heard) {
                        generated += each.tokens.size();
                        answers.add(each.tokens);
                    }
                }
                status = engine.status();
            }
            rate = generated / (decoding / 1e9);
        }

        private Submission submission(String words, Sampling sampling, @Nullable Speculation wish) {
            PromptText prompt = new PromptText(List.of(
                    new PromptText.Part("<|im_start|>user\n", true),
                    new PromptText.Part(words, false),
                    new PromptText.Part("<|im_end|>\n<|im_start|>assistant\n", true)));
            return new Submission(
                            loaded.tokenizer().encode(prompt),
                            tokens,
                            tokens,
                            Set.of(),
                            sampling,
                            -1,
                            -1,
                            Long.MAX_VALUE)
                    .speculating(wish);
        }
    }
}
