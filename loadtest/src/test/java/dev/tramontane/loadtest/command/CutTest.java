package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.command.Ran.Report;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real service: of streams that are cut in every place nothing is lost, over each protocol. */
@Tag("slow")
@Timeout(300)
class CutTest {
    private static final int REQUESTS = 12;

    @TempDir
    Path folder;

    @Test
    void nothingIsLostOverAnyProtocol() throws Exception {
        try (ServiceProcess service = ServiceProcess.start(folder, "--max-batch", "4", "--chat-layout", "mistral-v1")) {
            cut(service, "chat");
            cut(service, "completions");
            cut(service, "responses-sse");
            cut(service, "responses");
            cut(service, "responses", "--lanes", "4");
        }
    }

    private void cut(ServiceProcess service, String api, String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of("--api", api, "--requests", Integer.toString(REQUESTS)));
        all.addAll(List.of("--arrivals", "closed", "--users", "8", "--prompt", "4", "--answer", "24", "--ignore-eos"));
        all.addAll(List.of("--field", "skip_special_tokens=false", "--cut", "1:0..1:3", "--verify", "4"));
        all.addAll(List.of(more));
        Report report = Ran.report(folder, Map.of(), service.url, all.toArray(String[]::new));
        assertThat(report.ran().code()).as(report.ran().toString()).isZero();
        assertThat(report.ends("resume", "finished")).isEqualTo(REQUESTS);
        JsonObject connections = report.json().getJsonObject("connections");
        assertThat(connections.getInteger("cut")).isGreaterThan(REQUESTS).isEqualTo(connections.getInteger("resumed"));
        assertThat(connections.getInteger("broken")).isZero();
        assertThat(report.readers("resume").getInteger("answer_tokens")).isEqualTo(REQUESTS * 24);
    }
}
