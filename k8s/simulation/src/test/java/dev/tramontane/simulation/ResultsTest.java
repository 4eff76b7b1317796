package dev.tramontane.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.simulation.Scaling.Target;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

/** What is committed is what the program says; all of it takes minutes, so some lines are computed again. */
class ResultsTest {
    private static final Path RESULTS = Path.of("results.md");

    @Test
    void linesComeOutAgain() throws Exception {
        String committed = Files.readString(RESULTS);
        for (Row row : List.of(
                Row.of(Case.CODE, "fixed", "7", Scaling.fixed(7)),
                Row.of(Case.CODE, "waiting requests", "at 4", Scaling.on(new Target(Signal.WAITING, 4))),
                Row.of(Case.CODE, "chosen,", "as it is", Scaling.on(Experiments.CHOSEN)))) {
            assertThat(committed).contains(row.line());
        }
    }

    /** Each request is answered, refused or cut, whatever the cluster does meanwhile. */
    @Test
    void noRequestIsForgotten() {
        Workload workload = Workload.codeHours(3, 1);
        Scaling wild = Scaling.on(new Target(Signal.WAITING, 1)).behaving(Hpa.Rules.UP, Hpa.Rules.DOWN.window(0));
        Cluster.Outcome outcome = Cluster.run(Case.CODE.hardware(), wild, workload, 5);
        assertThat(outcome.changes()).isGreaterThan(20);
        assertThat(outcome.requests()).isEqualTo(workload.requests(5).size());
    }

    @Test
    void thePictureIsWellFormed() throws Exception {
        List<Row> rows = List.of(
                Row.of(Case.CODE, "fixed", "4", Scaling.fixed(4)),
                Row.of(Case.CODE, "fixed", "9", Scaling.fixed(9)),
                Row.of(Case.CONVERSATION, "fixed", "9", Scaling.fixed(9)));
        String svg = Plot.of(rows);
        var document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        assertThat(document.getElementsByTagName("g").getLength()).as("panels").isEqualTo(2);
        assertThat(document.getElementsByTagName("circle").getLength())
                .as("runs, and the legend")
                .isEqualTo(3 + 1);
    }
}
