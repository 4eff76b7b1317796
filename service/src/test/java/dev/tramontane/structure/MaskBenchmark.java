package dev.tramontane.structure;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.structure.MaskWorkloads.Workload;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What masks cost over Mistral's 131,072 tokens, in microseconds of the thread's CPU time: of each schema of {@link MaskWorkloads} the compilation,
 * then the masks along its documents, one after another with one structure: first when nothing is known (and of these those that had to be computed) and then again. Fresh
 * structures each round; shown are the first, which is what a server that has just started is like, and the last. Needs the directory {@code shared}.
 * Not a test; run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java -cp "target/test-classes:target/classes:target/lib/*" dev.tramontane.structure.MaskBenchmark [rounds] [cases.json]</pre>
 *
 * <p>A second argument names a file to which vocabulary, schemas and the documents' tokens are written, for {@code loadtest/masks/peers.py}.
 */
public final class MaskBenchmark {
    private record Figures(
            List<Double> first, List<Double> computed, List<Double> again, DoubleSummaryStatistics compiled) {
        Figures() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new DoubleSummaryStatistics());
        }

        void addAll(Figures other) {
            first.addAll(other.first);
            computed.addAll(other.computed);
            again.addAll(other.again);
            compiled.combine(other.compiled);
        }
    }

    private MaskBenchmark() {}

    /** Rounds, and where the peers' cases are written to. */
    public static void main(String[] arguments) throws IOException {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 12;
        Tokenizer tokenizer = Tokenizers.ofTekken(Fetched.mistralTokenizerBytes("tekken_240718.json"));
        long start = now();
        TokenTree tokens = TokenTree.of(tokenizer.size(), tokenizer::bytes);
        System.out.printf("vocabulary of %d prepared in %d ms%n", tokens.tokens(), (now() - start) / 1_000_000);
        if (arguments.length > 1) {
            write(Path.of(arguments[1]), tokenizer);
        }
        start = now();
        long masks = MaskWarmUp.run(tokens, StructureLimits.DEFAULT);
        System.out.printf("as a server does, warmed up by %d masks in %d ms%n", masks, (now() - start) / 1_000_000);
        for (int round = 1; round <= rounds; round++) {
            round(round, round == 1 || round == rounds, tokenizer, tokens);
        }
    }

    private static void round(int round, boolean shown, Tokenizer tokenizer, TokenTree tokens) {
        if (shown) {
            System.out.printf("%nround %d%n", round);
            System.out.println(
                    "                   compile  masks  first p50     p99     max  computed    p50     p99     max  again p50     p99   KiB");
        }
        Figures all = new Figures();
        long bytes = 0;
        for (Workload workload : MaskWorkloads.all()) {
            Figures figures = new Figures();
            Structure structure = measure(workload, tokenizer, tokens, figures);
            all.addAll(figures);
            bytes += structure.bytes();
            if (shown) {
                print(workload.name(), figures, structure.bytes());
            }
        }
        if (shown) {
            print("all", all, bytes);
        }
    }

    private static Structure measure(Workload workload, Tokenizer tokenizer, TokenTree tokens, Figures figures) {
        List<int[]> documents =
                workload.documents().stream().map(tokenizer::encode).toList();
        long start = now();
        Structure structure =
                Structure.of(new Form.JsonSchema(workload.schema(), false), tokens, StructureLimits.DEFAULT);
        figures.compiled.accept((now() - start) / 1e3);
        for (int[] ids : documents) {
            masks(workload, structure, ids, figures.first, figures.computed);
        }
        for (int[] ids : documents) {
            masks(workload, structure, ids, figures.again, null);
        }
        return structure;
    }

    private static void masks(
            Workload workload, Structure structure, int[] ids, List<Double> times, @Nullable List<Double> computed) {
        Matcher matcher = structure.matcher();
        long[] mask = new long[matcher.maskWords()];
        for (int at = 0; at <= ids.length; at++) {
            long before = structure.masksMade();
            long start = now();
            matcher.mask(mask);
            double time = (now() - start) / 1e3;
            times.add(time);
            if (computed != null && structure.masksMade() > before) {
                computed.add(time);
            }
            if (at < ids.length && !matcher.accept(ids[at])) {
                throw new IllegalStateException(workload.name() + ": token " + at + " is not allowed");
            }
        }
        if (!matcher.isComplete()) {
            throw new IllegalStateException(workload.name() + ": a document is not complete");
        }
    }

    private static void print(String name, Figures figures, long bytes) {
        double[] first = sorted(figures.first);
        double[] computed = sorted(figures.computed);
        double[] again = sorted(figures.again);
        System.out.printf(
                "%-18s %7.0f %6d %10.1f %7.1f %7.1f %9d %6.1f %7.1f %7.1f %10.1f %7.1f %5d%n",
                name,
                figures.compiled.getMax(),
                first.length,
                at(first, 0.5),
                at(first, 0.99),
                at(first, 1),
                computed.length,
                at(computed, 0.5),
                at(computed, 0.99),
                at(computed, 1),
                at(again, 0.5),
                at(again, 0.99),
                bytes >> 10);
    }

    private static void write(Path file, Tokenizer tokenizer) throws IOException {
        List<Object> tokens = new ArrayList<>();
        for (int id = 0; id < tokenizer.size(); id++) {
            tokens.add(Base64.getEncoder().encodeToString(tokenizer.bytes(id)));
        }
        List<Object> cases = new ArrayList<>();
        for (Workload workload : MaskWorkloads.all()) {
            List<Object> documents = new ArrayList<>();
            for (String document : workload.documents()) {
                documents.add(Arrays.stream(tokenizer.encode(document))
                        .mapToObj(id -> (Object) (long) id)
                        .toList());
            }
            cases.add(Map.of(
                    "name",
                    workload.name(),
                    "schema",
                    SchemaGenerator.json(workload.schema()),
                    "documents",
                    documents));
        }
        Files.writeString(file, SchemaGenerator.json(Map.of("tokens", tokens, "cases", cases)));
    }

    private static double[] sorted(List<Double> times) {
        return times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }

    private static double at(double[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }

    private static long now() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
