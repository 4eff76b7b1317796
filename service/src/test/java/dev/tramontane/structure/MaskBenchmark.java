package dev.tramontane.structure;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What masks cost over Mistral's 131,072 tokens, in microseconds of the thread's CPU time: of each pattern the compilation, then the masks of one
 * text, first when nothing is known and then again. Fresh structures each round, the last round is shown. Needs the directory {@code shared}. Not a test;
 * run it from {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java -cp "target/test-classes:target/classes:target/lib/*" dev.tramontane.structure.MaskBenchmark</pre>
 */
public final class MaskBenchmark {
    private static final int ROUNDS = 12;

    private MaskBenchmark() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) {
        Tokenizer tokenizer = Tokenizers.ofTekken(Fetched.mistralTokenizerBytes("tekken_240718.json"));
        long start = now();
        TokenTree tokens = TokenTree.of(tokenizer.size(), tokenizer::bytes);
        System.out.printf("vocabulary of %d prepared in %d ms%n", tokens.tokens(), (now() - start) / 1_000_000);
        System.out.println("                  compile   first p50     p99     max   again p50     p99  masks");
        for (int round = 1; round <= ROUNDS; round++) {
            boolean shown = round == ROUNDS;
            double[] all = texts().entrySet().stream()
                    .flatMapToDouble(each -> Arrays.stream(
                            measure(each.getKey(), each.getValue()[0], each.getValue()[1], tokenizer, tokens, shown)))
                    .sorted()
                    .toArray();
            if (shown) {
                System.out.printf(
                        "all                         %11.1f %7.1f %7.1f %27d%n",
                        at(all, 0.5), at(all, 0.99), at(all, 1), all.length);
            }
        }
    }

    private static Map<String, String[]> texts() {
        Map<String, String[]> texts = new LinkedHashMap<>();
        String words = String.join(
                "|",
                IntStream.range(0, 500)
                        .mapToObj(i -> "item-" + i * 7919 % 10_007)
                        .toList());
        String string = "\"(?:[^\"\\\\\\x00-\\x1f]|\\\\[nrt\"\\\\]){0,%s}\"";
        texts.put("date", new String[] {"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-9:]{8}Z", "2026-11-29T05:39:00Z"});
        texts.put("e-mail", new String[] {"[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}", "someone.else@mail.example.org"});
        texts.put("500 words", new String[] {words, "item-" + 321 * 7919 % 10_007});
        texts.put("line", new String[] {".*", "The quick brown fox jumps over the lazy dog, again and again."});
        texts.put(
                "JSON string",
                new String[] {string.formatted("100000"), "\"She said \\\"no\\\" and left for K\u00f6ln.\""});
        texts.put("of 20 letters", new String[] {string.formatted("20"), "\"twenty letters here\""});
        texts.put("flat object", new String[] {
            "\\{\"name\": %1$s, \"age\": [0-9]{1,3}, \"tags\": \\[(?:%2$s(?:, %2$s)*)?\\]\\}"
                    .formatted(string.formatted("80"), string.formatted("20")),
            "{\"name\": \"Ada Lovelace\", \"age\": 36, \"tags\": [\"first\", \"poet's child\"]}"
        });
        return texts;
    }

    private static double[] measure(
            String name, String pattern, String text, Tokenizer tokenizer, TokenTree tokens, boolean shown) {
        int[] ids = tokenizer.encode(text);
        long start = now();
        Structure structure = Structure.regex(pattern, tokens, StructureLimits.DEFAULT);
        double compiled = (now() - start) / 1e3;
        double[] first = masks(structure, ids);
        double[] again = masks(structure, ids);
        if (shown) {
            double[] sorted = Arrays.stream(first).sorted().toArray();
            double[] later = Arrays.stream(again).sorted().toArray();
            System.out.printf(
                    "%-16s %8.0f %11.1f %7.1f %7.1f %11.1f %7.1f %6d%n",
                    name,
                    compiled,
                    at(sorted, 0.5),
                    at(sorted, 0.99),
                    at(sorted, 1),
                    at(later, 0.5),
                    at(later, 0.99),
                    ids.length);
        }
        return first;
    }

    private static double[] masks(Structure structure, int[] ids) {
        Matcher matcher = structure.matcher();
        long[] mask = new long[matcher.maskWords()];
        double[] times = new double[ids.length];
        for (int at = 0; at < ids.length; at++) {
            long start = now();
            matcher.mask(mask);
            times[at] = (now() - start) / 1e3;
            if (!matcher.accept(ids[at])) {
                throw new IllegalStateException("token " + at + " is not allowed");
            }
        }
        return times;
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }

    private static long now() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }
}
