package dev.tramontane.loadtest.report;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.measure.Continuations;
import dev.tramontane.loadtest.measure.Figures;
import dev.tramontane.loadtest.measure.Series;
import dev.tramontane.loadtest.measure.Summary;
import dev.tramontane.loadtest.measure.Times;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;

/** The figures for programs. Times in seconds. */
public final class JsonReport {
    /** Raised when a member changes its meaning or goes. */
    static final int FORMAT = 1;

    private JsonReport() {}

    public static JsonObject of(Result result) {
        Summary summary = result.summary();
        JsonObject plan = new JsonObject();
        result.plan().forEach(plan::put);
        return new JsonObject()
                .put("format", FORMAT)
                .put("title", result.title())
                .put("began", result.began())
                .put("plan", plan)
                .put("loop", result.closed() ? "closed" : "open")
                .put("correction", result.correction())
                .put("seconds", summary.seconds())
                .put("most_running", summary.mostRunning())
                .put("tokens_per_second", summary.tokensPerSecond())
                .put("objective", summary.slo().toString())
                .put("goodput", summary.goodput())
                .put("late", times(summary.late()).put("most_waiting", result.mostWaiting()))
                .put("steady", figures(summary.raw()))
                .put("steady_corrected", figures(summary.all()))
                .put("readers", groups(summary.readers()))
                .put("tenants", groups(summary.tenants()))
                .put("reasons", reasons(summary.reasons()))
                .put("connections", connections(summary.continuations()))
                .put("course", course(summary))
                .put(
                        "verification",
                        new JsonObject()
                                .put("checked", result.verification().checked())
                                .put(
                                        "differences",
                                        new JsonArray(result.verification().differences()))
                                .put(
                                        "unchecked",
                                        new JsonArray(result.verification().unchecked())));
    }

    private static JsonObject groups(Map<String, Figures> groups) {
        JsonObject all = new JsonObject();
        groups.forEach((name, figures) -> all.put(name, figures(figures)));
        return all;
    }

    private static JsonObject reasons(Map<String, Long> reasons) {
        JsonObject all = new JsonObject();
        reasons.forEach(all::put);
        return all;
    }

    private static JsonObject connections(Continuations all) {
        return new JsonObject()
                .put("cut", all.cut())
                .put("broken", all.broken())
                .put("resumed", all.resumed())
                .put("elsewhere", all.elsewhere())
                .put("events_lost", all.lost())
                .put("events_doubled", all.doubled())
                .put("time_to_go_on", times(all.gaps()));
    }

    private static JsonObject figures(Figures figures) {
        JsonObject ends = new JsonObject();
        for (End end : End.values()) {
            ends.put(end.word(), figures.count(end));
        }
        return new JsonObject()
                .put("requests", figures.requests())
                .put("ends", ends)
                .put("met", figures.met())
                .put("met_share", figures.metShare())
                .put("prompt_tokens", figures.promptTokens())
                .put("answer_tokens", figures.answerTokens())
                .put("pieces", figures.pieces())
                .put("ttft", times(figures.firstToken()))
                .put("itl", times(figures.betweenTokens()))
                .put("tpot", times(figures.perToken()))
                .put("e2e", times(figures.whole()));
    }

    private static JsonObject times(Times times) {
        JsonObject object = new JsonObject()
                .put("count", times.count())
                .put("sum", times.sum())
                .put("mean", times.mean());
        for (double percent : TableReport.PERCENTS) {
            object.put(
                    "p"
                            + (percent == Math.rint(percent)
                                    ? Long.toString((long) percent)
                                    : String.format(Locale.ROOT, "%.1f", percent)),
                    times.at(percent));
        }
        return object.put("most", times.longest());
    }

    private static JsonArray course(Summary summary) {
        JsonArray slots = new JsonArray();
        for (Series.Slot slot : summary.slots()) {
            slots.add(new JsonObject()
                    .put("start", slot.start())
                    .put("width", slot.width())
                    .put("started", slot.started())
                    .put("ended", slot.ended())
                    .put("bad", slot.bad())
                    .put("tokens", slot.tokens())
                    .put("running", slot.running()));
        }
        return slots;
    }
}
