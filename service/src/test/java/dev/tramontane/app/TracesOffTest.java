package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.TinyModel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process without a collector: it answers, traces go through it, and nothing of OpenTelemetry is loaded. */
@Tag("slow")
class TracesOffTest {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving \\S+ at (http://\\S+)");
    private static final Duration HANG = Duration.ofMinutes(3);

    @TempDir
    Path dir;

    @Test
    void nothingIsLoaded() throws Exception {
        Path loaded = dir.resolve("loaded");
        Path out = dir.resolve("out");
        Process process = OwnProcess.serve(
                        List.of("-Xlog:class+load:file=" + loaded),
                        "--model",
                        TinyModel.PLAIN.writeTo(dir).toString(),
                        "--port",
                        "0",
                        "--threads",
                        "1")
                .redirectOutput(out.toFile())
                .redirectError(dir.resolve("err").toFile())
                .start();
        try (HttpClient client = HttpClient.newHttpClient()) {
            await().atMost(HANG)
                    .until(() -> !process.isAlive()
                            || ADDRESS.matcher(Files.readString(out)).find());
            Matcher address = ADDRESS.matcher(Files.readString(out));
            assertThat(address.find()).as(Files.readString(dir.resolve("err"))).isTrue();
            for (String path : new String[] {"/metrics", "/v1/models"}) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(address.group(1) + path))
                        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                        .build();
                assertThat(client.send(request, BodyHandlers.ofString())
                                .headers()
                                .firstValue("traceparent"))
                        .hasValueSatisfying(told ->
                                assertThat(told).matches("00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01"));
            }
        } finally {
            process.destroy();
            assertThat(process.waitFor(HANG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isZero();
        assertThat(Files.readString(loaded))
                .contains("dev.tramontane.api.RequestTrace")
                .doesNotContain("io.opentelemetry", "dev.tramontane.tracing");
    }
}
