package dev.tramontane.loadtest.report;

import dev.tramontane.loadtest.measure.Durations;
import dev.tramontane.loadtest.measure.Series;
import dev.tramontane.loadtest.measure.Summary;
import dev.tramontane.loadtest.measure.Times;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** One page with all of it: no script, nothing loaded from anywhere, and a policy that would forbid both. */
public final class HtmlReport {
    private static final String STYLE = """
            body{font:15px/1.5 system-ui,sans-serif;max-width:84rem;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}
            h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
            p.when{color:#5b6b7a;margin:.2rem 0 1rem}pre{background:#f4f6f8;padding:1rem;overflow-x:auto;border-radius:6px}
            .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(26rem,1fr));gap:1rem}
            svg{width:100%;background:#fff;border:1px solid #e1e6eb;border-radius:6px}
            svg text{font-size:11px;fill:#5b6b7a}svg text.title{font-size:13px;fill:#1c2733;font-weight:600}
            svg text.up,svg text.name{text-anchor:end}svg text.across{text-anchor:middle}
            .grid{stroke:#e1e6eb}polyline{fill:none;stroke-width:1.8}
            .l0{stroke:#0b63ce}.l1{stroke:#d1561a}.l2{stroke:#1a8a4a}.d0{fill:#0b63ce;fill-opacity:.45}
            svg text.t0{fill:#0b63ce}svg text.t1{fill:#d1561a}svg text.t2{fill:#1a8a4a}
            table{border-collapse:collapse}td{padding:.1rem 1rem .1rem 0;vertical-align:top}td:first-child{color:#5b6b7a}
            @media(prefers-color-scheme:dark){body{background:#12181f;color:#dfe7ee}pre{background:#1b232c}
            svg{background:#12181f;border-color:#2b3642}.grid{stroke:#2b3642}svg text.title{fill:#dfe7ee}}
            """;

    private HtmlReport() {}

    public static String page(Result result) {
        StringBuilder page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
        page.append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-")
                .append(digest(STYLE))
                .append("'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
                .append(Html.escape(result.title()))
                .append("</title>\n<style>")
                .append(STYLE)
                .append("</style></head><body>\n<h1>")
                .append(Html.escape(result.title()))
                .append("</h1>\n<p class=\"when\">")
                .append(Html.escape(result.began()))
                .append("</p>\n<pre>");
        TableReport.lines(result).stream()
                .skip(1)
                .forEach(line -> page.append(Html.escape(line)).append('\n'));
        page.append("</pre>\n<p>").append(Html.escape(result.correction())).append("</p>\n<div class=\"plots\">\n");
        plots(result.summary()).forEach(plot -> page.append(plot.svg()).append('\n'));
        page.append("</div>\n<h2>What was asked for</h2>\n<table>\n");
        result.plan()
                .forEach((name, value) -> page.append("<tr><td>")
                        .append(Html.escape(name))
                        .append("</td><td>")
                        .append(Html.escape(value))
                        .append("</td></tr>\n"));
        return page.append("</table>\n</body></html>\n").toString();
    }

    private static List<Plot> plots(Summary summary) {
        List<Plot> plots = new ArrayList<>();
        plots.add(quantiles("Waiting, by quantile")
                .line("first token", quantiles(summary.all().firstToken()))
                .line("end to end", quantiles(summary.all().whole())));
        plots.add(quantiles("Pace, by quantile")
                .line("between", quantiles(summary.all().betweenTokens()))
                .line("per token", quantiles(summary.all().perToken())));
        plots.add(new Plot("Time to first token, by start", "seconds", Durations::show)
                .dots(
                        "a request",
                        summary.points().stream()
                                .map(point -> new double[] {point.start(), point.firstToken()})
                                .toList()));
        plots.add(new Plot("Requests at a time", "seconds", HtmlReport::number)
                .line("running", course(summary, Series.Slot::running)));
        plots.add(new Plot("Requests a second", "seconds", HtmlReport::number)
                .line("started", rate(summary, Series.Slot::started))
                .line("refused, failed", rate(summary, Series.Slot::bad)));
        plots.add(new Plot("Pieces of text a second", "seconds", HtmlReport::number)
                .line("all readers", rate(summary, Series.Slot::tokens)));
        return plots;
    }

    /** Quantiles to 99.9 %, each nine as wide as the one before. */
    private static Plot quantiles(String title) {
        Plot plot = new Plot(title, "per cent of requests", Durations::show);
        for (double percent : new double[] {0, 50, 90, 99, 99.9}) {
            plot.tick(
                    nines(percent),
                    percent == 0 ? "0" : Double.toString(percent).replace(".0", ""));
        }
        return plot;
    }

    private static double nines(double percent) {
        return -Math.log10(1 - percent / 100);
    }

    private static List<double[]> quantiles(Times times) {
        List<double[]> points = new ArrayList<>();
        for (double nines = 0; nines <= 3.0001 && times.count() > 0; nines += 0.05) {
            points.add(new double[] {nines, times.at(100 * (1 - Math.pow(10, -nines)))});
        }
        return points;
    }

    private static List<double[]> rate(Summary summary, ToLongFunction<Series.Slot> count) {
        return course(summary, slot -> count.applyAsLong(slot) / slot.width());
    }

    private static List<double[]> course(Summary summary, ToDoubleFunction<Series.Slot> value) {
        return summary.slots().stream()
                .map(slot -> new double[] {slot.start() + slot.width() / 2, value.applyAsDouble(slot)})
                .toList();
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%.2f", value);
    }

    private static String digest(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException none) {
            throw new IllegalStateException("every JDK has SHA-256", none);
        }
    }
}
