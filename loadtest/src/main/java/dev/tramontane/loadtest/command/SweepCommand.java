package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.measure.Durations;
import dev.tramontane.loadtest.measure.Summary;
import dev.tramontane.loadtest.plan.InvalidPlanException;
import dev.tramontane.loadtest.report.JsonReport;
import dev.tramontane.loadtest.report.Result;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The highest rate at which an objective holds. */
@CommandLine.Command(
        name = "sweep",
        mixinStandardHelpOptions = true,
        description = {
            "Raise the rate until the objective breaks, and find the knee: the rate is doubled while the objective holds, then"
                    + " the space between the last that held and the first that broke is halved. Each rate is a run of"
                    + " --duration."
        },
        footer = {"", "Example:", "  sweep --url http://127.0.0.1:8080 --slo ttft=500ms,tpot=50ms --duration 20s"})
final class SweepCommand extends LoadCommand {
    /** Beyond what a generator on one machine can do. */
    private static final double MOST_RATE = 100_000;

    @Option(names = "--url", paramLabel = "URL", required = true, description = "The server: http://127.0.0.1:8080")
    private String url = "";

    @Option(
            names = "--from",
            paramLabel = "R",
            defaultValue = "0.5",
            description = "Requests a second to begin with. Default: 0.5.")
    private double from;

    @Option(
            names = "--share",
            paramLabel = "PERCENT",
            defaultValue = "99",
            description = "Requests that have to meet the --slo at a rate that holds. Default: 99.")
    private double share;

    @Option(
            names = "--halvings",
            paramLabel = "N",
            defaultValue = "4",
            description = "How often the space round the knee is halved. Default: 4.")
    private int halvings;

    private final List<Result> results = new ArrayList<>();

    private boolean unbroken;

    SweepCommand(Surroundings around) {
        super(around);
    }

    @Override
    public Integer call() throws Exception {
        if (!(from >= 0.001 && from <= MOST_RATE) || !(share > 0 && share <= 100) || halvings < 0 || halvings > 20) {
            throw new InvalidPlanException(
                    "--from must be 0.001 to 100000, --share more than 0 and at most 100, --halvings 0 to 20");
        }
        if (plan.slo().limits().isEmpty() || !plan.hasRate()) {
            throw new InvalidPlanException(
                    "sweep needs an objective, as in --slo ttft=500ms, and --arrivals poisson, constant or burst");
        }
        double knee = session("--url", url, this::knee);
        if (Interruption.came()) {
            return INTERRUPTED;
        }
        around.out().println(verdict(knee));
        JsonArray all = new JsonArray();
        results.forEach(result -> all.add(JsonReport.of(result)));
        outputs.json(new JsonObject().put("knee", knee).put("runs", all).encodePrettily());
        return knee == 0 || !intact(results) ? FAILURE : OK;
    }

    private String verdict(double knee) {
        if (knee == 0) {
            return String.format(
                    Locale.ROOT, "the objective breaks at %.3g requests/s already: give a lower --from", from);
        }
        return unbroken
                ? String.format(Locale.ROOT, "the objective holds at %.0f requests/s: no knee was found", knee)
                : String.format(
                        Locale.ROOT,
                        "knee: %.3g requests/s, the highest rate at which %.4g %% meet %s",
                        knee,
                        share,
                        plan.slo());
    }

    private double knee(Session session) throws InterruptedException {
        around.out()
                .printf(
                        Locale.ROOT,
                        "  %10s %8s %10s %12s %12s %12s%n",
                        "requests/s",
                        "meet",
                        "tokens/s",
                        "TTFT p50",
                        "TTFT p99",
                        "TPOT p99");
        double held = 0;
        double broke = from;
        while (broke <= MOST_RATE && holds(session, broke)) {
            held = broke;
            broke *= 2;
        }
        unbroken = broke > MOST_RATE;
        for (int i = 0; i < halvings && held > 0 && !unbroken && !Interruption.came(); i++) {
            double middle = (held + broke) / 2;
            if (holds(session, middle)) {
                held = middle;
            } else {
                broke = middle;
            }
        }
        return held;
    }

    private boolean holds(Session session, double rate) throws InterruptedException {
        if (Interruption.came()) {
            return false;
        }
        Result result = session.run(String.format(Locale.ROOT, "%.3g requests/s", rate), rate);
        results.add(result);
        Summary summary = result.summary();
        around.out()
                .printf(
                        Locale.ROOT,
                        "  %10.3g %6.1f %% %10.1f %12s %12s %12s%n",
                        rate,
                        100 * summary.raw().metShare(),
                        summary.tokensPerSecond(),
                        Durations.show(summary.raw().firstToken().at(50)),
                        Durations.show(summary.raw().firstToken().at(99)),
                        Durations.show(summary.raw().perToken().at(99)));
        return 100 * summary.raw().metShare() >= share;
    }
}
