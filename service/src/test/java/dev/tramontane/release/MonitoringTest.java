package dev.tramontane.release;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ws.ClientProgram;
import dev.tramontane.fixtures.Documents;
import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Rules, alerts and dashboard against a scrape of the running service, the runbooks, and Prometheus' own tool. */
class MonitoringTest {
    private static final String RULES = "k8s/monitoring/rules.yaml";
    private static final Pattern EXPRESSION = Pattern.compile("(?m)^ +expr: (?:>-\\n((?: {10}.*\\n)+)|(.*)\\n)");
    private static final Pattern RECORDED = Pattern.compile("namespace:tramontane_\\w+:\\w+");
    private static final Pattern SELECTOR = Pattern.compile("(tramontane_\\w+)(?:\\{([^}]*)})?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)(?:=~?|!=|!~)\"([^\"]*)\"");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|on|ignoring) \\(([^)]*)\\)");
    private static final Pattern SAMPLE = Pattern.compile("(?m)^(tramontane_\\w+)(?:\\{(.*)})? \\S+$");

    /** What Prometheus adds to every series of a target. */
    private static final Set<String> OF_THE_TARGET = Set.of("namespace", "pod", "instance");

    @TempDir
    static Path folder;

    private static StartedService service;

    /** The values of each label of each sample in a scrape. */
    private static final Map<String, Map<String, Set<String>>> SCRAPED = new TreeMap<>();

    /** A server that has answered, streamed and refused, so that every label has a value. */
    @BeforeAll
    static void scrape() throws Exception {
        ProcessBuilder serve = OwnProcess.serve(
                List.of("-Xmx512m"),
                "--port",
                "0",
                "--max-batch",
                "1",
                "--max-sequences",
                "1",
                "--queue-requests",
                "1",
                "--model",
                TinyModel.PLAIN.writeTo(folder).toString());
        service = StartedService.of(serve, folder.resolve("log"));
        service.overload();
        Matcher samples = SAMPLE.matcher(service.get("/metrics").body());
        while (samples.find()) {
            Map<String, Set<String>> labels = SCRAPED.computeIfAbsent(samples.group(1), name -> new TreeMap<>());
            if (samples.group(2) != null) {
                Matcher matcher = MATCHER.matcher(samples.group(2));
                while (matcher.find()) {
                    labels.computeIfAbsent(matcher.group(1), name -> new TreeSet<>())
                            .add(matcher.group(2));
                }
            }
        }
    }

    @AfterAll
    static void end() {
        service.close();
    }

    private static List<String> rules() {
        List<String> expressions = new ArrayList<>();
        Matcher matcher = EXPRESSION.matcher(Documents.text(RULES));
        while (matcher.find()) {
            expressions.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
        }
        return expressions;
    }

    private static List<String> queries() {
        List<String> expressions = new ArrayList<>();
        for (JsonNode panel : dashboard().path("panels")) {
            assertThat(panel.path("targets")).as(panel.path("title").asString()).isNotEmpty();
            panel.path("targets")
                    .forEach(target -> expressions.add(target.path("expr").asString()));
        }
        return expressions;
    }

    private static JsonNode dashboard() {
        return new JsonMapper().readTree(Documents.text("k8s/monitoring/dashboard.json"));
    }

    @Test
    void everyMetricAndLabelIsInAScrape() {
        List<String> problems = new ArrayList<>();
        List<String> rules = rules();
        List<String> queries = queries();
        assertThat(rules).hasSizeGreaterThan(30);
        assertThat(queries).hasSizeGreaterThan(25);
        Stream.concat(rules.stream(), queries.stream()).forEach(expression -> look(expression, problems));
        assertThat(problems).isEmpty();
    }

    private static void look(String expression, List<String> problems) {
        Set<String> labels = new HashSet<>(OF_THE_TARGET);
        Matcher selectors = SELECTOR.matcher(RECORDED.matcher(expression).replaceAll("recorded"));
        while (selectors.find()) {
            String metric = selectors.group(1);
            Map<String, Set<String>> scraped = SCRAPED.getOrDefault(metric, ofStages(metric));
            if (scraped.isEmpty() && !SCRAPED.containsKey(metric)) {
                problems.add(metric + " is not in a scrape: " + expression);
                continue;
            }
            labels.addAll(scraped.keySet());
            Matcher matchers = MATCHER.matcher(selectors.group(2) == null ? "" : selectors.group(2));
            while (matchers.find()) {
                String label = matchers.group(1);
                if (OF_THE_TARGET.contains(label)) {
                    continue;
                }
                for (String value : matchers.group(2).split("\\|", -1)) {
                    if (!scraped.getOrDefault(label, Set.of()).contains(value) && !documented(metric, value)) {
                        problems.add(metric + " has no " + label + "=" + value + ": " + expression);
                    }
                }
            }
        }
        Matcher groupings = GROUPING.matcher(expression);
        while (groupings.find()) {
            for (String label : groupings.group(1).split(", ", -1)) {
                if (!labels.contains(label)) {
                    problems.add("no " + label + " to group by: " + expression);
                }
            }
        }
    }

    /** The labels of a figure that only a server with stages shows; empty for others. */
    private static Map<String, Set<String>> ofStages(String metric) {
        String table = Documents.text("docs/metrics.md")
                .split("\n## Stages in other processes\n", 2)[1]
                .split("\n## ", 2)[0];
        Map<String, Set<String>> labels = new TreeMap<>();
        Pattern.compile("(?m)^\\| `" + metric + "` \\| \\w+ \\| `([a-z, ]+)` \\|")
                .matcher(table)
                .results()
                .flatMap(row -> Stream.of(row.group(1).split(", ", -1)))
                .forEach(label -> labels.put(label, Set.of()));
        return labels;
    }

    /** A counter's label has a value only once it has counted; the table of metrics, held by a test of its own, names all. */
    private static boolean documented(String metric, String value) {
        return Documents.text("docs/metrics.md")
                .lines()
                .anyMatch(row -> row.startsWith("| `" + metric + "`") && row.contains("`" + value + "`"));
    }

    @Test
    void everyFigureThatIsUsedIsRecorded() {
        String text = Documents.text(RULES);
        Set<String> recorded = Pattern.compile("record: (\\S+)")
                .matcher(text)
                .results()
                .map(result -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> used = rules().stream()
                .flatMap(expression -> RECORDED.matcher(expression).results())
                .map(result -> result.group())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(used).isNotEmpty();
        assertThat(recorded).containsAll(used);
    }

    @Test
    void everyAlertHasARunbook() {
        String runbooks = Documents.text("docs/runbooks.md");
        Map<String, String> headings = new TreeMap<>();
        Pattern.compile("(?m)^## (.*)\\n\\n\\*(\\w+)\\.\\*")
                .matcher(runbooks)
                .results()
                .forEach(result -> headings.put(
                        result.group(2),
                        result.group(1).toLowerCase(Locale.ROOT).replace(' ', '-')));
        Map<String, String> alerts = new TreeMap<>();
        Pattern.compile("alert: (\\w+)\\n(?s:.*?)runbook_url: docs/runbooks\\.md#(\\S+)")
                .matcher(Documents.text(RULES))
                .results()
                .forEach(result -> alerts.put(result.group(1), result.group(2)));
        assertThat(alerts).hasSizeGreaterThan(8).isEqualTo(headings);
        assertThat(runbooks.split("(?m)^## ", -1)).hasSize(headings.size() + 1);
    }

    @Test
    void prometheusReadsAndTestsTheRules() throws Exception {
        ClientProgram.program("promtool");
        Path monitoring = Packing.root().resolve("k8s/monitoring");
        assertThat(Packing.output(monitoring, "promtool", "check", "rules", "rules.yaml"))
                .contains("SUCCESS");
        assertThat(Packing.output(monitoring, "promtool", "test", "rules", "rules_test.yaml"))
                .contains("SUCCESS");
        Set<String> tested = Pattern.compile("alertname: (\\w+)")
                .matcher(Documents.text("k8s/monitoring/rules_test.yaml"))
                .results()
                .map(result -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> alerts = Pattern.compile("alert: (\\w+)")
                .matcher(Documents.text(RULES))
                .results()
                .map(result -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(tested).isEqualTo(alerts);
    }

    @Test
    void theDashboardIsOneThatGrafanaCanShow() {
        JsonNode dashboard = dashboard();
        Set<Integer> ids = new HashSet<>();
        for (JsonNode panel : dashboard.path("panels")) {
            assertThat(ids.add(panel.path("id").asInt())).isTrue();
            assertThat(panel.path("description").asString()).isNotBlank();
            assertThat(panel.path("gridPos").path("x").asInt()
                            + panel.path("gridPos").path("w").asInt())
                    .isBetween(1, 24);
            assertThat(panel.path("datasource").path("uid").asString()).isEqualTo("${source}");
        }
        assertThat(dashboard
                        .path("templating")
                        .path("list")
                        .path(0)
                        .path("name")
                        .asString())
                .isEqualTo("source");
    }
}
