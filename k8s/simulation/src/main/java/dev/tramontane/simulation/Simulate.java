package dev.tramontane.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the tables and the picture of docs/cluster.md; a few minutes on two processors:
 *
 * <pre>java k8s/simulation/src/main/java/dev/tramontane/simulation/Simulate.java</pre>
 */
final class Simulate {
    private static final List<Case> HOURS = List.of(Case.CONVERSATION, Case.CODE);

    private Simulate() {}

    /** Run in the checkout's root. */
    public static void main(String[] arguments) throws IOException {
        List<Row> signals = Experiments.signals(Case.ALL);
        StringBuilder text = new StringBuilder("""
            <!-- written by k8s/simulation; what it says stands in docs/cluster.md -->
            # Results of the simulation
            """);
        table(text, "Signals", signals);
        table(text, "Behaviour", Experiments.behaviours(HOURS));
        table(text, "Surroundings", Experiments.surroundings(HOURS));
        table(text, "Nights", Experiments.nights());
        Files.writeString(Path.of("k8s/simulation/results.md"), text);
        Files.writeString(Path.of("docs/cluster-signals.svg"), Plot.of(signals));
    }

    private static void table(StringBuilder text, String title, List<Row> rows) {
        text.append("\n## ").append(title).append("\n\n").append(Row.HEAD);
        rows.forEach(row -> text.append(row.line()));
    }
}
