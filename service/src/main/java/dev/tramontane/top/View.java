package dev.tramontane.top;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A server in lines of plain text. */
public final class View {
    private static final String PREFIX = "tramontane_";

    /** Keys that are told, those that did most first. */
    private static final int MOST_KEYS = 8;

    private View() {}

    /**
     * What a reading says.
     *
     * @param before an earlier one, against which rates and times are counted; null for the server's start
     */
    public static List<String> lines(Reading now, @Nullable Reading before) {
        List<String> lines = new ArrayList<>();
        Metrics metrics = now.metrics();
        now.models().forEach(model -> model(model, metrics, lines));
        if (metrics == null) {
            lines.add("");
            lines.add(head("metrics", "not told at this address: --metrics URL names the management port's"));
            return lines.stream().map(View::printable).toList();
        }
        Metrics earlier = before == null ? null : before.metrics();
        double seconds = before == null || earlier == null ? Double.NaN : (now.nanos() - before.nanos()) / 1e9;
        lines.add("");
        engine(new Course(earlier, metrics, seconds), lines);
        return lines.stream().map(View::printable).toList();
    }

    /** What the server is doing, in a word. */
    public static String state(Reading now) {
        Metrics metrics = now.metrics();
        if (metrics == null) {
            return now.models().stream().anyMatch(model -> !model.capacity().isEmpty()) ? "serving" : "not ready";
        }
        return metrics.of(new Metrics.Key(PREFIX + "state")).stream()
                .filter(each -> each.value() == 1)
                .map(each -> each.label("state"))
                .findFirst()
                .orElse("state unknown");
    }

    // ---- models

    private static void model(Reading.Served model, @Nullable Metrics metrics, List<String> lines) {
        if (model.facts().get("parent") instanceof String parent) {
            String users = metrics == null
                    ? ""
                    : ": " + requests(metrics, model.id(), "running") + " running, "
                            + requests(metrics, model.id(), "waiting") + " waiting";
            lines.add(head("  adapter", model.id() + " of " + parent + users));
            return;
        }
        if (!lines.isEmpty()) {
            lines.add("");
        }
        StringBuilder title = new StringBuilder(model.id());
        double context = Figures.in(model.facts(), "max_model_len");
        if (context > 0) {
            title.append("  context ").append(Figures.count(context));
        }
        Map<String, @Nullable Object> capacity = model.capacity();
        if (capacity.isEmpty()) {
            String status = Reading.Served.status(model.facts());
            double percent = Figures.in(model.facts(), "status", "percent");
            title.append("  ").append(status.isEmpty() ? "not loaded" : status);
            lines.add(title.append(status.equals("loading") ? " " + Figures.count(percent) + " %" : "")
                    .toString());
            return;
        }
        lines.add(title.append("  cache ")
                .append(Figures.bytes(Figures.in(capacity, "cache_bytes")))
                .toString());
        lines.add(head(
                "  sequences",
                Figures.count(Figures.in(capacity, "sequences", "running")) + " running, "
                        + Figures.count(Figures.in(capacity, "sequences", "parked")) + " parked, "
                        + of(capacity, "sequences", "slots_reserved", "slots") + " slots taken"));
        lines.add(head(
                "  waiting",
                of(capacity, "waiting", "requests", "requests_limit") + " requests, "
                        + of(capacity, "waiting", "prompt_tokens", "prompt_tokens_limit") + " prompt tokens"));
        lines.add(head(
                "  tokens/s",
                "prompts " + Figures.rate(Figures.in(capacity, "rates", "prompt_tokens_per_second")) + ", answers "
                        + Figures.rate(Figures.in(capacity, "rates", "generated_tokens_per_second"))));
        groups(capacity, lines);
        stages(capacity, lines);
    }

    private static void stages(Map<?, ?> capacity, List<String> lines) {
        if (capacity.get("stages") instanceof List<?> stages) {
            for (Object each : stages) {
                if (each instanceof Map<?, ?> stage) {
                    double first = Figures.in(stage, "first_layer");
                    lines.add(head(
                            "  stage",
                            stage.get("name") + ": layers " + Figures.count(first) + " to "
                                    + Figures.count(first + Figures.in(stage, "layers") - 1)
                                    + (Boolean.FALSE.equals(stage.get("there")) ? ", LOST" : "")));
                }
            }
        }
    }

    private static String requests(Metrics metrics, String adapter, String state) {
        return Figures.count(metrics.of(Metrics.Key.with(PREFIX + "adapter_requests", "adapter", adapter)).stream()
                .filter(each -> each.label("state").equals(state))
                .mapToDouble(Metrics.Series::value)
                .sum());
    }

    private static String of(Map<?, ?> capacity, String part, String some, String all) {
        return Figures.count(Figures.in(capacity, part, some)) + " of "
                + Figures.count(Figures.in(capacity, part, all));
    }

    private static void groups(Map<?, ?> capacity, List<String> lines) {
        if (!(capacity.get("groups") instanceof List<?> groups) || groups.isEmpty()) {
            return;
        }
        lines.add(row("window", "layers", "ring, pages", "page", "pages: # used, = reserved, - kept"));
        for (Object each : groups) {
            if (each instanceof Map<?, ?> group) {
                double window = Figures.in(group, "window");
                double used = Figures.in(group, "pages_used");
                double reserved = Figures.in(group, "pages_reserved");
                double kept = Figures.in(group, "pages_kept");
                double pages = Figures.in(group, "pages");
                lines.add(row(
                        window == 0 ? "none" : Figures.count(window),
                        Figures.count(Figures.in(group, "layers")),
                        Figures.count(Figures.in(group, "ring_pages")),
                        Figures.bytes(Figures.in(group, "page_bytes")),
                        Figures.bar(used, reserved, kept, pages) + " " + Figures.count(used) + ", "
                                + Figures.count(reserved) + ", " + Figures.count(kept) + " of "
                                + Figures.count(pages)));
            }
        }
    }

    // ---- figures of the whole server

    private static void engine(Course course, List<String> lines) {
        lines.add(head(
                "steps",
                Figures.rate(course.rate(PREFIX + "step_seconds_count")) + " a second of "
                        + Figures.seconds(course.mean(PREFIX + "step_seconds")) + ", "
                        + Figures.rate(course.mean(PREFIX + "step_tokens")) + " tokens of "
                        + Figures.rate(course.mean(PREFIX + "step_sequences")) + " sequences each"));
        lines.add(head(
                "tokens/s",
                "prompts " + Figures.rate(course.rate(PREFIX + "prompt_tokens_total")) + ", answers "
                        + Figures.rate(course.rate(PREFIX + "generation_tokens_total"))));
        lines.add(head("first token", times(course, "time_to_first_token_seconds")));
        lines.add(head("between", times(course, "inter_token_latency_seconds")));
        lines.add(head("waited", times(course, "request_queue_time_seconds")));
        lines.add(head(
                "finished",
                Figures.rate(course.rate(PREFIX + "requests_finished_total")) + " a second"
                        + byLabel(course, "requests_finished_total", "finished_reason") + "; refused "
                        + Figures.rate(course.rate(PREFIX + "requests_refused_total"))
                        + byLabel(course, "requests_refused_total", "cause")));
        lines.add(head(
                "prefix cache",
                Figures.share(course.growth(PREFIX + "prefix_cache_hits_total")
                                / course.growth(PREFIX + "prefix_cache_queries_total"))
                        + " of prompts found"));
        stageTimes(course, lines);
        Metrics now = course.now();
        lines.add(head(
                "HTTP",
                Figures.rate(course.rate(PREFIX + "http_requests_total")) + " requests a second, "
                        + Figures.count(now.sum(PREFIX + "http_connections")) + " connections, "
                        + Figures.count(now.sum(PREFIX + "http_open_streams")) + " streams; memory "
                        + Figures.bytes(now.sum(Metrics.Key.with(PREFIX + "request_memory_bytes", "state", "held")))
                        + " of "
                        + Figures.bytes(now.sum(Metrics.Key.with(PREFIX + "request_memory_bytes", "state", "limit")))));
        keys(course, lines);
    }

    /** Of stages in other processes: what a step takes there and on the way. */
    private static void stageTimes(Course course, List<String> lines) {
        for (String name : values(course.now(), "stage_step_seconds_count", "stage")) {
            double steps = course.growth(Metrics.Key.with(PREFIX + "stage_step_seconds_count", "stage", name));
            double whole = course.growth(Metrics.Key.with(PREFIX + "stage_step_seconds_sum", "stage", name));
            double computed = course.growth(Metrics.Key.with(PREFIX + "stage_compute_seconds_total", "stage", name));
            double lost = course.growth(Metrics.Key.with(PREFIX + "stage_losses_total", "stage", name));
            lines.add(head(
                    "stage",
                    name + ": a step " + Figures.seconds(whole / steps) + ", " + Figures.seconds(computed / steps)
                            + " of them computing; lost " + Figures.count(lost) + " times"));
        }
    }

    private static String times(Course course, String histogram) {
        return "median " + Figures.seconds(course.quantile(PREFIX + histogram, 0.5)) + ", 90 % "
                + Figures.seconds(course.quantile(PREFIX + histogram, 0.9)) + ", 99 % "
                + Figures.seconds(course.quantile(PREFIX + histogram, 0.99));
    }

    /** Those that grew, in brackets. */
    private static String byLabel(Course course, String counter, String label) {
        List<String> grown = new ArrayList<>();
        for (String value : values(course.now(), counter, label)) {
            double growth = course.growth(Metrics.Key.with(PREFIX + counter, label, value));
            if (growth > 0) {
                grown.add(value + " " + Figures.count(growth));
            }
        }
        return grown.isEmpty() ? "" : " (" + String.join(", ", grown) + ")";
    }

    private static Set<String> values(Metrics metrics, String name, String label) {
        Set<String> values = new TreeSet<>();
        metrics.of(new Metrics.Key(PREFIX + name)).forEach(each -> values.add(each.label(label)));
        return values;
    }

    /** A key of the operator's, and what it did. */
    private record Key(String name, double requests, double tokens, double streams) {}

    private static void keys(Course course, List<String> lines) {
        List<Key> keys = new ArrayList<>();
        for (String name : values(course.now(), "key_requests_total", "key")) {
            keys.add(new Key(
                    name,
                    course.growth(Metrics.Key.with(PREFIX + "key_requests_total", "key", name)),
                    course.growth(Metrics.Key.with(PREFIX + "key_tokens_total", "key", name)),
                    course.now().sum(Metrics.Key.with(PREFIX + "key_streams", "key", name))));
        }
        keys.sort((a, b) -> Double.compare(b.tokens() + b.requests(), a.tokens() + a.requests()));
        int first = lines.size();
        for (Key key : keys.subList(0, Math.min(MOST_KEYS, keys.size()))) {
            lines.add(head(
                    lines.size() == first ? "keys" : "",
                    key.name() + ": " + Figures.count(key.requests()) + " requests, " + Figures.count(key.tokens())
                            + " tokens, " + Figures.count(key.streams()) + " under way"));
        }
    }

    // ---- lines

    private static String head(String name, String text) {
        return String.format(Locale.ROOT, "%-14s%s", name, text);
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, "  %-10s %7s %11s %10s  %s", cells).stripTrailing();
    }

    /** What a server says goes to a terminal: nothing in it may be a command. */
    public static String printable(String text) {
        StringBuilder plain = new StringBuilder();
        Objects.requireNonNull(text).codePoints().forEach(c -> plain.appendCodePoint(isPrintable(c) ? c : '?'));
        return plain.toString();
    }

    private static boolean isPrintable(int c) {
        int type = Character.getType(c);
        return !Character.isISOControl(c)
                && type != Character.FORMAT
                && type != Character.SURROGATE
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR;
    }
}
