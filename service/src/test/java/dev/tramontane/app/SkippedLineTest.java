package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.StagesScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The last line of {@code ./tramontane test}, of reports as Surefire writes them. */
class SkippedLineTest {
    @TempDir
    Path checkout;

    private void report(String module, String name, String... messages) throws IOException {
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?>\n<testsuite>\n");
        for (String message : messages) {
            xml.append("  <testcase name=\"x\">\n    <skipped type=\"org.opentest4j.TestAbortedException\"><![CDATA[")
                    .append("org.opentest4j.TestAbortedException: Assumption failed: ")
                    .append(message)
                    .append("\n]]></skipped>\n  </testcase>\n");
        }
        Path folder = Files.createDirectories(checkout.resolve(module).resolve("target/surefire-reports"));
        Files.writeString(folder.resolve("TEST-" + name + ".xml"), xml.append("</testsuite>\n"));
    }

    private String line() throws Exception {
        Path began = checkout.resolve("began");
        if (!Files.exists(began)) {
            Files.createFile(began);
            Files.setLastModifiedTime(began, FileTime.from(Instant.now().minusSeconds(60)));
        }
        return StagesScript.said(checkout, "tell_skipped", began);
    }

    @Test
    void sumsUpReasonsAndPrograms() throws Exception {
        report("service", "A", "zsh is not installed here", "ksh is not installed here");
        report("service/jinja", "B", "zsh is not installed here");
        report(
                "kernels-native",
                "C",
                "other projects' clients are not there: sh a && b",
                "other projects' clients are not there: sh a && b");
        assertThat(line())
                .isEqualTo("tramontane: 5 tests were skipped. 3: install what they try, by your system's packages: ksh,"
                        + " zsh; 2: other projects' clients are not there: sh a && b\n");
    }

    /** A test that is disabled has its reason in an attribute. */
    @Test
    void readsBothForms() throws Exception {
        report("service", "A", "only here");
        Path file = checkout.resolve("service/target/surefire-reports/TEST-B.xml");
        Files.writeString(
                file, "<testcase>\n<skipped message=\"it&apos;s &quot;slow&quot;&#10;and so on\"/>\n</testcase>\n");
        assertThat(line()).isEqualTo("tramontane: 2 tests were skipped. 1: it's \"slow\"; 1: only here\n");
    }

    @Test
    void looksAtThisRunOnly() throws Exception {
        report("service", "A", "zsh is not installed here");
        Files.setLastModifiedTime(
                checkout.resolve("service/target/surefire-reports/TEST-A.xml"),
                FileTime.from(Instant.now().minusSeconds(600)));
        assertThat(line()).isEqualTo("tramontane: no test was skipped\n");
    }
}
