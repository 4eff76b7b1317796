package dev.tramontane.tokenizer;

import dev.tramontane.fixtures.Fetched;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;

/**
 * How fast texts become tokens, on one thread, in megabytes of UTF-8 a second of that thread's CPU time: English books
 * (the best and the middle of some rounds), and a megabyte of what has made other tokenizers quadratic. Needs the
 * directory {@code shared}. Not a test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java -cp "target/test-classes:target/classes:target/lib/*" dev.tramontane.tokenizer.TokenizerBenchmark</pre>
 */
public final class TokenizerBenchmark {
    private static final int ROUNDS = 9;
    private static final int MEGABYTE = 1_000_000;

    private final PrintStream out;
    private final Map<String, Tokenizer> tokenizers = new LinkedHashMap<>();

    private TokenizerBenchmark(PrintStream out) {
        this.out = out;
    }

    /** Takes no arguments. */
    public static void main(String[] arguments) throws Exception {
        TokenizerBenchmark benchmark = new TokenizerBenchmark(System.out);
        benchmark.load();
        benchmark.books();
        benchmark.hostile();
    }

    private void load() throws Exception {
        Path v3 = Fetched.mistralTokenizer("mistral_instruct_tokenizer_240323.model.v3");
        Path tekken = Fetched.mistralTokenizer("tekken_240718.json");
        load("SmolLM2 GGUF", () -> Tokenizers.of(Vocabularies.gguf(Fetched.smolLm2())));
        load("Mistral v3", () -> Tokenizers.ofSentencePiece(Files.readAllBytes(v3)));
        load("tekken", () -> Tokenizers.ofTekken(Files.readAllBytes(tekken)));
        load("small tokenizer.json, bytes", () -> HuggingFaceFiles.tokenizer("llama-3"));
        load("small tokenizer.json, characters", () -> HuggingFaceFiles.tokenizer("prepend"));
    }

    private void load(String name, Callable<Tokenizer> loader) throws Exception {
        long start = cpu();
        tokenizers.put(name, loader.call());
        out.printf("%-34s loaded in %5d ms%n", name, (cpu() - start) / MEGABYTE);
    }

    private void books() throws IOException {
        String text;
        try (InputStream in = new GZIPInputStream(Files.newInputStream(Fetched.books()))) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        double megabytes = bytes(text);
        tokenizers.forEach((name, tokenizer) -> {
            double[] rates = new double[ROUNDS];
            int tokens = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long start = cpu();
                tokens = tokenizer.encode(text).length;
                rates[round] = megabytes / seconds(start);
            }
            Arrays.sort(rates);
            out.printf(
                    "%-34s books: %.1f MB, %d tokens, best %.1f MB/s, middle %.1f MB/s%n",
                    name, megabytes, tokens, rates[ROUNDS - 1], rates[ROUNDS / 2]);
        });
    }

    private void hostile() {
        String[] units = {"a", " ", "\n", "1", "!", "'", "e\u0301", "\ud83d\ude42", "\u4e2d", "aB3 ", "\u0301", "<s>"};
        for (String unit : units) {
            int length = unit.getBytes(StandardCharsets.UTF_8).length;
            String text = unit.repeat(MEGABYTE / length);
            StringBuilder line = new StringBuilder();
            tokenizers.forEach((name, tokenizer) -> {
                long start = cpu();
                tokenizer.encode(text);
                line.append(String.format("  %4.0f ms", 1000 * seconds(start)));
            });
            out.printf("1 MB of %-8s%s%n", Quoted.of(unit), line);
        }
    }

    private static double bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length / (double) MEGABYTE;
    }

    private static double seconds(long start) {
        return (cpu() - start) / 1e9;
    }

    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
