package dev.tramontane.loadtest.command;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.measure.Durations;
import dev.tramontane.loadtest.measure.Summary;
import dev.tramontane.loadtest.measure.Times;
import dev.tramontane.loadtest.report.JsonReport;
import dev.tramontane.loadtest.report.Result;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The same load on two servers. */
@CommandLine.Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = "Put the same load on two servers, one after the other, and show both side by side.",
        footer = {"", "Example:", "  compare http://127.0.0.1:8080 http://127.0.0.1:8000 --rate 2 --api completions"})
final class CompareCommand extends LoadCommand {
    @Parameters(paramLabel = "URL", arity = "2", description = "The servers, A and B.")
    private List<String> urls = List.of();

    @Option(
            names = "--repeat",
            paramLabel = "N",
            defaultValue = "1",
            description = "How often, A and B in turn; of each figure the median is shown. Default: 1.")
    private int repeat;

    CompareCommand(Surroundings around) {
        super(around);
    }

    @Override
    public Integer call() throws Exception {
        List<Result> first = new ArrayList<>();
        List<Result> second = new ArrayList<>();
        for (int i = 0; i < Math.max(1, repeat) && !Interruption.came(); i++) {
            first.add(session("URL", urls.getFirst(), session -> session.run("A", 0)));
            second.add(session("URL", urls.getLast(), session -> session.run("B", 0)));
        }
        around.out().println("A is " + urls.getFirst() + ", B is " + urls.getLast());
        around.out().println(line("", "A", "B", "B/A"));
        row("requests finished", first, second, s -> s.count(End.FINISHED), CompareCommand::number);
        row(
                "refused or failed",
                first,
                second,
                s -> s.count(End.REFUSED) + s.count(End.FAILED),
                CompareCommand::number);
        row("tokens/s", first, second, Summary::tokensPerSecond, CompareCommand::number);
        row("goodput/s", first, second, Summary::goodput, CompareCommand::number);
        times("first token", first, second, s -> s.all().firstToken());
        times("between tokens", first, second, s -> s.all().betweenTokens());
        times("per token", first, second, s -> s.all().perToken());
        times("end to end", first, second, s -> s.all().whole());
        row("events lost, doubled", first, second, CompareCommand::wrong, CompareCommand::number);
        JsonArray all = new JsonArray();
        first.forEach(result -> all.add(JsonReport.of(result)));
        second.forEach(result -> all.add(JsonReport.of(result)));
        outputs.json(new JsonObject().put("runs", all).encodePrettily());
        if (Interruption.came()) {
            return INTERRUPTED;
        }
        return intact(first) && intact(second) ? OK : FAILURE;
    }

    private static double wrong(Summary summary) {
        return summary.continuations().lost() + summary.continuations().doubled();
    }

    private void times(String name, List<Result> first, List<Result> second, Function<Summary, Times> times) {
        for (double percent : new double[] {50, 95, 99}) {
            row(
                    String.format(Locale.ROOT, "%s, p%.0f", name, percent),
                    first,
                    second,
                    summary -> times.apply(summary).at(percent),
                    Durations::show);
        }
    }

    private void row(
            String name,
            List<Result> first,
            List<Result> second,
            ToDoubleFunction<Summary> figure,
            Function<Double, String> shown) {
        double a = median(first, figure);
        double b = median(second, figure);
        String ratio = a == 0 ? "" : String.format(Locale.ROOT, "%.2f", b / a);
        around.out().println(line(name, shown.apply(a), shown.apply(b), ratio));
    }

    private static double median(List<Result> results, ToDoubleFunction<Summary> figure) {
        double[] sorted = results.stream()
                .mapToDouble(result -> figure.applyAsDouble(result.summary()))
                .sorted()
                .toArray();
        int middle = sorted.length / 2;
        return sorted.length == 0
                ? 0
                : sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static String line(String name, String a, String b, String ratio) {
        return String.format(Locale.ROOT, "  %-20s %12s %12s %8s", name, a, b, ratio);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value == Math.rint(value) ? "%.0f" : "%.2f", value);
    }
}
