package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.StagesScript;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the end of a run says of tests that passed only when they were tried again, of a log as Surefire writes it. */
class FlakyLinesTest {
    @TempDir
    Path folder;

    private String lines(String log) throws Exception {
        Path file = Files.writeString(folder.resolve("java.log"), log);
        return StagesScript.said(folder, "tell_flaky", file);
    }

    @Test
    void namesEachOfEveryModule() throws Exception {
        String log = """
                [WARNING] a warning of the build
                [INFO] Results:
                [INFO]\s
                [WARNING] Flakes:\s
                [WARNING] dev.tramontane.ATest.each(int)[2]
                [ERROR]   Run 1: ATest.each:10 first ==> expected: <true> but was: <false>
                [INFO]   Run 2: PASS
                [INFO]\s
                [WARNING] dev.tramontane.ATest.once
                [ERROR]   Run 1: ATest.once:9\s
                expected: 1
                 but was: 2
                [INFO]   Run 2: PASS
                [INFO]\s
                [INFO]\s
                [WARNING] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0, Flakes: 2
                [WARNING] another
                [WARNING] Flakes:\s
                [WARNING] dev.tramontane.BTest.other
                [ERROR]   Run 1: BTest.other:1
                [INFO]   Run 2: PASS
                [INFO]\s
                [WARNING] Tests run: 1, Failures: 0, Errors: 0, Skipped: 0, Flakes: 1
                """;
        assertThat(lines(log).lines())
                .containsExactly(
                        "tramontane: failed first and passed then, which is a fault to mend: dev.tramontane.ATest.each(int)[2]",
                        "tramontane: failed first and passed then, which is a fault to mend: dev.tramontane.ATest.once",
                        "tramontane: failed first and passed then, which is a fault to mend: dev.tramontane.BTest.other");
    }

    @Test
    void saysNothingWhereNothingWasTriedTwice() throws Exception {
        String log = "[INFO] Results:\n[INFO] \n[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0\n";
        assertThat(lines(log)).isEmpty();
    }
}
