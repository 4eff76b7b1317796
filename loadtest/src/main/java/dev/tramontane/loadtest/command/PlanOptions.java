package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.measure.Durations;
import dev.tramontane.loadtest.measure.Slo;
import dev.tramontane.loadtest.plan.Arrivals;
import dev.tramontane.loadtest.plan.Cut;
import dev.tramontane.loadtest.plan.InvalidPlanException;
import dev.tramontane.loadtest.plan.Lengths;
import dev.tramontane.loadtest.plan.Mix;
import dev.tramontane.loadtest.plan.Tenants;
import dev.tramontane.loadtest.plan.Trace;
import dev.tramontane.loadtest.plan.Workload;
import dev.tramontane.loadtest.run.Course;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is sent, and when. */
final class PlanOptions {
    private static final long MOST_REQUESTS = 100_000_000;

    @Option(
            names = "--arrivals",
            paramLabel = "NAME",
            defaultValue = "poisson",
            description =
                    "When requests start. Open loops, which don't wait for answers: poisson and constant (--rate), burst"
                            + " (--rate and --burst), ramp (--rate FROM..TO over the --duration), trace (the times of a --trace)."
                            + " A closed loop: closed (--users, --think). Default: poisson.")
    private String arrivals = "";

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "1",
            description = "Requests a second on average; for a ramp FROM..TO. Default: 1.")
    private String rate = "";

    @Option(
            names = "--burst",
            paramLabel = "N",
            defaultValue = "8",
            description = "Requests that come at one moment. Default: 8.")
    private int burst;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "8",
            description = "Users of a closed loop, each of whom waits for his answer. Default: 8.")
    private int users;

    @Option(
            names = "--think",
            paramLabel = "TIME",
            defaultValue = "0s",
            description = "What a user waits between an answer and his next request. Default: 0s.")
    private String think = "";

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "How long requests start. Default: 30s.")
    private String duration = "";

    @Option(
            names = "--requests",
            paramLabel = "N",
            description = "How many start at most. Default: as many as --duration holds.")
    private long requests = MOST_REQUESTS;

    @Option(
            names = "--grace",
            paramLabel = "TIME",
            defaultValue = "2m",
            description =
                    "What requests under way have after the last start; then they are cut and count as unfinished."
                            + " Default: 2m.")
    private String grace = "";

    @Option(
            names = "--max-streams",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Requests at a time at most. Further ones wait here, and their wait counts. Default: 10000.")
    private int streams;

    @Option(
            names = "--prompt",
            paramLabel = "LENGTHS",
            defaultValue = "128",
            description = "Words of prompts, each about a token: a number, uniform:LEAST:MOST, normal:MEAN:DEVIATION,"
                    + " lognormal:MEDIAN:SIGMA or exponential:MEAN. Default: 128.")
    private String prompt = "";

    @Option(
            names = "--answer",
            paramLabel = "LENGTHS",
            defaultValue = "64",
            description = "Tokens of answers at most, likewise. Default: 64.")
    private String answer = "";

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description =
                    "Prompts and lengths from a file: an array of conversations like ShareGPT's, or lines of JSON like"
                            + " Mooncake's.")
    private @Nullable Path traceFile;

    /** What the file has, once it was read: a sweep asks for it in each run. */
    private @Nullable Trace trace;

    @Option(
            names = "--trace-speed",
            paramLabel = "X",
            defaultValue = "1",
            description = "How much faster than it was, with --arrivals trace. Default: 1.")
    private double traceSpeed;

    @Option(
            names = "--mix",
            paramLabel = "SHARES",
            defaultValue = "",
            description =
                    "Shares of readers that don't read steadily: slow, disconnect, cancel, reconnect (--cut for those who"
                            + " resume). Example: --mix slow=0.1,cancel=0.05. Default: none.")
    private String mix = "";

    @Option(
            names = "--cut",
            paramLabel = "SHARE[:FROM..TO[:TIMES]]",
            defaultValue = "",
            description =
                    "Cut the connections of a share of the streams on purpose, somewhere from FROM to TO in each (shares"
                            + " of its answer, 0..1 unless said), once or TIMES times. Their readers go on where they were, and every"
                            + " event that is lost or doubled is counted. Example: --cut 0.5:0.1..0.9:3. Default: none.")
    private String cut = "";

    @Option(
            names = "--slow-rate",
            paramLabel = "N",
            defaultValue = "4",
            description = "Events a second that slow readers read. Default: 4.")
    double slowRate;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of all that is drawn: the same seed is the same load. Default: 1.")
    private long seed;

    @Option(
            names = "--slo",
            paramLabel = "LIMITS",
            defaultValue = "",
            description =
                    "Objective of each request, of which goodput tells: limits of ttft, tpot, gap (the longest) and e2e."
                            + " Example: --slo ttft=500ms,tpot=50ms.")
    private String slo = "";

    @Option(
            names = "--warmup",
            paramLabel = "N",
            defaultValue = "1",
            description = "Requests before those that count, one after another. Default: 1.")
    int warmup;

    @Option(
            names = "--verify",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Answers, drawn by chance, that are asked for once more afterwards, alone, and compared character by"
                            + " character. Needs --temperature 0, and a server whose answers don't depend on what else it does."
                            + " Default: 0.")
    int verify;

    /** Checks what the options of other kinds don't. */
    void check() {
        within("--burst", burst, 1, 100_000);
        within("--users", users, 1, 100_000);
        within("--requests", requests, 1, MOST_REQUESTS);
        within("--max-streams", streams, 1, 1_000_000);
        within("--warmup", warmup, 0, 10_000);
        within("--verify", verify, 0, 10_000);
        if (!(slowRate >= 0.01 && slowRate <= 1000)) {
            throw new InvalidPlanException("--slow-rate must be 0.01 to 1000, got " + slowRate);
        }
        if (!(traceSpeed >= 1e-3 && traceSpeed <= 1e6)) {
            throw new InvalidPlanException("--trace-speed must be 0.001 to 1000000, got " + traceSpeed);
        }
    }

    Slo slo() {
        return Slo.parse("--slo", slo);
    }

    Workload workload(Tenants tenants) {
        Workload.Source source = traceFile == null
                ? Workload.drawn(Lengths.parse("--prompt", prompt), Lengths.parse("--answer", answer))
                : trace(traceFile).source();
        Mix readers = Mix.parse("--mix", mix).with("--cut", Cut.parse("--cut", cut));
        return new Workload(source, tenants, readers, seed);
    }

    /** @param rateInstead of --rate, for a sweep; 0 for that */
    Course course(double rateInstead) {
        double seconds = Durations.parse("--duration", duration);
        return new Course(
                arrivals(seconds, rateInstead),
                users,
                Durations.parse("--think", think),
                requests,
                seconds,
                Durations.parse("--grace", grace),
                streams);
    }

    private @Nullable Arrivals arrivals(double seconds, double rateInstead) {
        SplittableRandom random = new SplittableRandom(seed ^ 0x5DEECE66DL);
        String[] ends = rateInstead > 0 ? new String[] {Double.toString(rateInstead)} : rate.split("\\.\\.", -1);
        boolean ramp = arrivals.equals("ramp");
        if (ends.length != (ramp ? 2 : 1)) {
            throw new InvalidPlanException(
                    "--rate must be " + (ramp ? "FROM..TO for a ramp" : "one number") + ", got " + rate);
        }
        double from = rate(ends[0]);
        return switch (arrivals) {
            case "poisson" -> Arrivals.poisson(from, random);
            case "constant" -> Arrivals.constant(from);
            case "burst" -> Arrivals.bursts(from, burst, random);
            case "ramp" -> Arrivals.ramp(from, rate(ends[1]), seconds, random);
            case "trace" -> {
                if (traceFile == null) {
                    throw new InvalidPlanException("--arrivals trace needs --trace FILE");
                }
                yield trace(traceFile).arrivals(traceSpeed);
            }
            case "closed" -> null;
            default ->
                throw new InvalidPlanException(
                        "--arrivals must be one of poisson, constant, burst, ramp, trace, closed; got " + arrivals);
        };
    }

    private Trace trace(Path file) {
        Trace read = trace;
        if (read == null) {
            read = Trace.read(file);
            trace = read;
        }
        return read;
    }

    private double rate(String text) {
        if (!text.matches("\\d{1,6}(\\.\\d{1,12})?") || Double.parseDouble(text) < 1e-3) {
            throw new InvalidPlanException("--rate must be 0.001 to 999999 requests a second, got " + rate);
        }
        return Double.parseDouble(text);
    }

    private static void within(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw new InvalidPlanException(option + " must be " + least + " to " + most + ", got " + value);
        }
    }

    /** What was asked for, for reports. */
    Map<String, String> shown() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("arrivals", arrivals);
        if (arrivals.equals("closed")) {
            all.put("users", Integer.toString(users));
            all.put("think", think);
        } else if (!arrivals.equals("trace")) {
            all.put("rate", rate);
        }
        if (arrivals.equals("burst")) {
            all.put("burst", Integer.toString(burst));
        }
        all.put("duration", duration);
        if (requests != MOST_REQUESTS) {
            all.put("requests", Long.toString(requests));
        }
        if (traceFile == null) {
            all.put("prompt", prompt);
            all.put("answer", answer);
        } else {
            all.put("trace", traceFile.getFileName().toString());
        }
        all.put("readers", mix.isEmpty() ? "steady" : mix);
        if (!cut.isEmpty()) {
            all.put("cut", cut);
        }
        all.put("seed", Long.toString(seed));
        return all;
    }

    /** Names of arrivals that wait for nobody and take one rate. */
    boolean hasRate() {
        return List.of("poisson", "constant", "burst").contains(arrivals);
    }
}
