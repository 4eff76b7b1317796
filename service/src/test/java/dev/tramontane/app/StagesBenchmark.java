package dev.tramontane.app;

import dev.tramontane.app.StagedServer.Answer;
import dev.tramontane.fixtures.OwnProcess;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * What it costs to have a model's layers in three processes of one machine: the same requests to one process and to a server with two stages, in turn, a compute
 * thread in each process. Beside the time it tells the processor time of all processes together, which a busy machine changes less. Not a test; run it from
 * {@code service} after {@code mvn -DskipTests package}:
 *
 * <pre>java --enable-native-access=ALL-UNNAMED -cp "target/test-classes:target/classes:target/lib/*" \
 *     dev.tramontane.app.StagesBenchmark MODEL [streams [tokens [rounds]]]</pre>
 */
public final class StagesBenchmark {
    private static final String WORDS =
            "It was the best of times, it was the worst of times, it was the age of wisdom. ";
    private static final double TICKS_PER_SECOND = 100;

    private StagesBenchmark() {}

    /** A server and all processes that compute for it. */
    private record Side(String name, String url, List<Process> processes) {
        /** Seconds of processor time, so far. */
        double processor() throws IOException {
            double sum = 0;
            for (Process process : processes) {
                String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
                sum += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
            }
            return sum;
        }

        /** Seconds, and seconds of processor time, that these answers take. */
        double[] measure(int streams, int tokens, int round) throws Exception {
            double before = processor();
            long begun = System.nanoTime();
            try (var pool = Executors.newFixedThreadPool(streams)) {
                List<Callable<Answer>> calls = new ArrayList<>();
                for (int i = 0; i < streams; i++) {
                    JsonObject body = new JsonObject()
                            .put("prompt", round + " " + i + " " + WORDS.repeat(3))
                            .put("temperature", 0)
                            .put("ignore_eos", true)
                            .put("max_tokens", tokens)
                            .put("speculation", new JsonObject().put("method", "off"));
                    calls.add(() -> StagedServer.send(url, "/v1/completions", body));
                }
                for (var each : pool.invokeAll(calls)) {
                    if (each.get().status() != 200) {
                        throw new IllegalStateException(each.get().body());
                    }
                }
            }
            return new double[] {(System.nanoTime() - begun) / 1e9, processor() - before};
        }
    }

    private static WatchedProcess serve(Path folder, String name, String model, String... more) throws IOException {
        Path out = folder.resolve(name);
        String[] arguments = Stream.concat(
                        Stream.of("--model", model, "--port", "0", "--threads", "1", "--context", "2048"),
                        Stream.of(more))
                .toArray(String[]::new);
        return new WatchedProcess(
                OwnProcess.serve(List.of(OwnProcess.OWN_LOG, "-Xmx512m"), arguments)
                        .redirectOutput(out.toFile())
                        .redirectError(folder.resolve(name + ".err").toFile())
                        .start(),
                out);
    }

    public static void main(String[] args) throws Exception {
        String model = args[0];
        int streams = args.length > 1 ? Integer.parseInt(args[1]) : 1;
        int tokens = args.length > 2 ? Integer.parseInt(args[2]) : 32;
        int rounds = args.length > 3 ? Integer.parseInt(args[3]) : 5;
        Path folder = Files.createTempDirectory("stages");
        try (StageProcess first = new StageProcess(folder, model, 0);
                StageProcess second = new StageProcess(folder, model, 0);
                WatchedProcess whole = serve(folder, "whole", model);
                WatchedProcess head = serve(
                        folder,
                        "head",
                        model,
                        "--stages",
                        "127.0.0.1:" + first.port() + ",127.0.0.1:" + second.port())) {
            List<Side> sides = List.of(
                    new Side("one process", whole.url, List.of(whole.process)),
                    new Side("server and two stages", head.url, List.of(head.process, first.process, second.process)));
            double[][][] taken = new double[sides.size()][2][rounds];
            for (int round = -1; round < rounds; round++) { // The first warms up.
                for (int side = 0; side < sides.size(); side++) {
                    double[] measured = sides.get(side).measure(streams, tokens, round);
                    for (int what = 0; what < measured.length && round >= 0; what++) {
                        taken[side][what][round] = measured[what];
                    }
                }
            }
            System.out.printf(
                    Locale.ROOT, "%d streams of %d tokens, %d rounds: median (least, most)%n", streams, tokens, rounds);
            for (int side = 0; side < sides.size(); side++) {
                System.out.printf(
                        Locale.ROOT,
                        "%-22s %s s, %s s of processor time%n",
                        sides.get(side).name(),
                        told(taken[side][0]),
                        told(taken[side][1]));
            }
        }
    }

    private static String told(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return String.format(
                Locale.ROOT, "%.2f (%.2f, %.2f)", sorted[sorted.length / 2], sorted[0], sorted[sorted.length - 1]);
    }
}
