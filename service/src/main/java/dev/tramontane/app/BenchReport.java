package dev.tramontane.app;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.json.Printable;
import dev.tramontane.kernels.HostCeilings;
import io.vertx.core.json.JsonObject;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code bench} measures, as it comes in; printed once. */
final class BenchReport {
    private final List<Section> sections = new ArrayList<>();
    private final List<StepMeasurement> steps = new ArrayList<>();
    private final List<ServiceMeasurement> ways = new ArrayList<>();
    private String load = "";

    /** @param machine what it has */
    BenchReport(List<Fact> machine) {
        sections.add(new Section("Machine", "machine", machine));
    }

    void ceilings(HostCeilings ceilings, int threads) {
        sections.add(new Section(
                "Measured on it",
                "ceilings",
                List.of(
                        Fact.count("threads", "threads", threads),
                        new Fact(
                                "reads",
                                String.format(Locale.ROOT, "%.1f GB/s", ceilings.readBytes() / 1e9),
                                "read_bytes_per_second",
                                ceilings.readBytes()),
                        new Fact(
                                "8-bit products",
                                ceilings.int8Operations() == 0
                                        ? "no instruction for them"
                                        : String.format(Locale.ROOT, "%,.0f Gop/s", ceilings.int8Operations() / 1e9),
                                "int8_operations_per_second",
                                ceilings.int8Operations()))));
    }

    /** The model, and how it was loaded. */
    void model(Section facts) {
        sections.add(facts);
    }

    void step(StepMeasurement row) {
        steps.add(row);
    }

    /** Rows so far. */
    int steps() {
        return steps.size();
    }

    void service(StreamLoad given, List<ServiceMeasurement> rows) {
        load = Units.count(given.streams(), "stream") + " at a time, prompts of " + Units.count(given.prompt(), "token")
                + ", answers of " + given.answer();
        ways.addAll(rows);
    }

    /** The server that this one is compared with. */
    void against(LoadTarget other) {
        sections.add(new Section(
                "Against",
                "against",
                List.of(
                        new Fact("server", other.address(), "url", other.address()),
                        new Fact(
                                "model",
                                Printable.of(String.valueOf(other.model()), 200),
                                "model",
                                String.valueOf(other.model())),
                        new Fact(
                                "answers",
                                other.extended()
                                        ? "of the length asked for"
                                        : "as long as it likes: it takes no ignore_eos",
                                "ignores_end",
                                other.extended()))));
    }

    void print(boolean json, PrintStream out) {
        if (json) {
            List<Section> all = new ArrayList<>(sections);
            List<JsonObject> rows = steps.stream().map(StepMeasurement::json).toList();
            List<JsonObject> served =
                    ways.stream().map(ServiceMeasurement::json).toList();
            all.add(new Section(
                    "Results",
                    "results",
                    List.of(new Fact("steps", "", "steps", rows), new Fact("service", "", "service", served))));
            Fact.printJson(all, out);
            return;
        }
        Fact.print(sections, out);
        if (!steps.isEmpty()) {
            out.println();
            out.print(StepMeasurement.table(steps));
        }
        if (!ways.isEmpty()) {
            out.println();
            out.println("Service: " + load);
            out.print(ServiceMeasurement.table(ways));
        }
    }
}
