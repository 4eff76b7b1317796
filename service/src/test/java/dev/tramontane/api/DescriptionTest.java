package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tramontane.fixtures.Needed;
import dev.tramontane.fixtures.ScriptedEngine;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Schemathesis against {@code /openapi.json}: it sends what the description allows and what it forbids, and every answer must
 * be one that is described. Its examples come from a seed and are as many as a run of CI has time for.
 */
@Tag("clients")
class DescriptionTest {
    /** For each operation and phase. */
    private static final String EXAMPLES = "20";

    @TempDir
    private Path logs;

    @Test
    void isTrueToWhatIsServed() throws Exception {
        Path program = Needed.client("venv/bin/python").resolveSibling("schemathesis");
        assumeTrue(Files.exists(program), Needed.NO_CLIENTS);
        File output = logs.resolve("output").toFile();
        ScriptedEngine engine = new ScriptedEngine("answer");
        long begun = System.nanoTime();
        engine.clock = () -> begun; // A deadline of a millisecond is described, and none of them passes.
        try (TestService service = TestService.running(engine, TestService.CONFIG)) {
            Process process = new ProcessBuilder(List.of(
                            program.toString(),
                            "run",
                            "http://127.0.0.1:" + service.port + "/openapi.json",
                            "--seed=1",
                            "--max-examples=" + EXAMPLES,
                            "--phases=coverage,fuzzing",
                            "--checks=not_a_server_error,status_code_conformance,content_type_conformance,"
                                    + "response_schema_conformance,response_headers_conformance,negative_data_rejection",
                            "--exclude-path=/v1/responses", // A WebSocket.
                            "--exclude-path=/", // Its parts are not mounted here.
                            "--exclude-path=/metrics",
                            "--suppress-health-check=filter_too_much", // Few strings are paths.
                            "--request-timeout=30",
                            "--max-failures=5",
                            "--no-color"))
                    .directory(logs.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start();
            try {
                assertThat(process.waitFor(10, TimeUnit.MINUTES))
                        .as("a guard against hanging")
                        .isTrue();
            } finally {
                process.destroyForcibly();
            }
            String said = Files.readString(output.toPath(), StandardCharsets.UTF_8);
            assertThat(process.exitValue()).as(said).isZero();
            assertThat(said).containsPattern("([0-9]{4,}) generated, \\1 passed");
        }
    }
}
