package dev.tramontane.loadtest.report;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.measure.Continuations;
import dev.tramontane.loadtest.measure.Durations;
import dev.tramontane.loadtest.measure.Figures;
import dev.tramontane.loadtest.measure.Summary;
import dev.tramontane.loadtest.measure.Times;
import dev.tramontane.loadtest.plan.Behaviour;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures as lines for a terminal. */
public final class TableReport {
    /** The quantiles that reports give, in percent. */
    static final double[] PERCENTS = {50, 90, 95, 99, 99.9};

    private static final String ROW = "  %-22s %8s %9s %9s %9s %9s %9s %9s %9s";

    private TableReport() {}

    public static List<String> lines(Result result) {
        Summary summary = result.summary();
        List<String> lines = new ArrayList<>();
        lines.add(result.title());
        lines.add(String.format(
                Locale.ROOT,
                "  %d requests in %s: %d finished, %d left as meant, %d refused, %d failed, %d unfinished",
                summary.requests(),
                Durations.show(summary.seconds()),
                summary.count(End.FINISHED),
                summary.count(End.LEFT),
                summary.count(End.REFUSED),
                summary.count(End.FAILED),
                summary.count(End.UNFINISHED)));
        lines.add(String.format(
                Locale.ROOT,
                "  %.1f tokens/s, %.2f requests/s; %d at a time at most; goodput %.2f/s (%.1f %% meet %s)",
                summary.tokensPerSecond(),
                summary.count(End.FINISHED) / summary.seconds(),
                summary.mostRunning(),
                summary.goodput(),
                100 * summary.raw().metShare(),
                summary.slo()));
        lines.add(String.format(
                Locale.ROOT,
                "  started late by %s (median), %s (99 %%), %s (most); %d waited for a stream at a moment",
                Durations.show(summary.late().at(50)),
                Durations.show(summary.late().at(99)),
                Durations.show(summary.late().longest()),
                result.mostWaiting()));
        lines.add("");
        lines.add(String.format(ROW, "", "count", "mean", "p50", "p90", "p95", "p99", "p99.9", "most"));
        rows(lines, summary.raw());
        if (result.closed()) {
            lines.add(row("first token, corrected", summary.all().firstToken()));
            lines.add(row("end to end, corrected", summary.all().whole()));
        }
        continuations(lines, summary);
        if (summary.readers().size() > 1) {
            summary.readers().forEach((name, figures) -> group(lines, name + " readers", figures, summary));
        }
        summary.tenants().forEach((name, figures) -> group(lines, "tenant " + name, figures, summary));
        summary.reasons().forEach((why, count) -> lines.add("  " + count + " x " + why));
        if (result.verification().checked() > 0
                || !result.verification().unchecked().isEmpty()) {
            lines.add("");
            lines.add("  " + verdict(result));
            result.verification().differences().stream().limit(10).forEach(line -> lines.add("  DIFFERS: " + line));
            result.verification().unchecked().stream().limit(10).forEach(line -> lines.add("  not checked: " + line));
        }
        return lines;
    }

    private static void continuations(List<String> lines, Summary summary) {
        Continuations all = summary.continuations();
        if (summary.readers().containsKey(Behaviour.RESUME.word()) || !all.intact()) {
            lines.add("");
            lines.add(String.format(
                    Locale.ROOT,
                    "  connections: %d cut on purpose, %d ended otherwise; %d times gone on, %d times asked of another server",
                    all.cut(),
                    all.broken(),
                    all.resumed(),
                    all.elsewhere()));
            lines.add(
                    all.intact()
                            ? "  events by their numbers: none lost, none doubled"
                            : "  events by their numbers: " + all.lost() + " LOST, " + all.doubled() + " DOUBLED");
            lines.add(row("time to go on", all.gaps()));
        }
    }

    /** What the check of contents found, in a sentence. */
    static String verdict(Result result) {
        int checked = result.verification().checked();
        int differ = result.verification().differences().size();
        int unchecked = result.verification().unchecked().size();
        return checked + " answers asked for once more without load: "
                + (differ == 0 ? "no character missing, doubled or different" : differ + " DIFFER")
                + (unchecked == 0 ? "" : "; " + unchecked + " could not be had again");
    }

    private static void rows(List<String> lines, Figures figures) {
        lines.add(row("first token (TTFT)", figures.firstToken()));
        lines.add(row("between tokens (ITL)", figures.betweenTokens()));
        lines.add(row("per token (TPOT)", figures.perToken()));
        lines.add(row("end to end", figures.whole()));
    }

    private static void group(List<String> lines, String name, Figures figures, Summary summary) {
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "  %s: %d requests, %d finished, %d refused, %d failed; %.1f tokens/s",
                name,
                figures.requests(),
                figures.count(End.FINISHED),
                figures.count(End.REFUSED),
                figures.count(End.FAILED),
                figures.answerTokens() / summary.seconds()));
        if (figures.count(End.FINISHED) > 0) {
            rows(lines, figures);
        }
    }

    private static String row(String name, Times times) {
        Object[] cells = new Object[3 + PERCENTS.length + 1];
        cells[0] = name;
        cells[1] = times.count();
        cells[2] = Durations.show(times.mean());
        for (int i = 0; i < PERCENTS.length; i++) {
            cells[3 + i] = Durations.show(times.at(PERCENTS[i]));
        }
        cells[cells.length - 1] = Durations.show(times.longest());
        return String.format(Locale.ROOT, ROW, cells);
    }
}
