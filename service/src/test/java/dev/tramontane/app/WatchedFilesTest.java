package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.metrics.FileMetrics;
import dev.tramontane.metrics.MetricsText;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps of the watcher, taken by the test. */
class WatchedFilesTest {
    @TempDir
    Path dir;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final WatchedFiles files = new WatchedFiles(new FileMetrics(registry));
    private final List<String> taken = new ArrayList<>();
    private int reads;
    private Path file = Path.of("");

    @BeforeEach
    void watch() throws IOException {
        file = Files.writeString(dir.resolve("file"), "one");
        files.watch("thing", List.of(file), () -> {
            reads++;
            String text = Files.readString(file);
            if (text.startsWith("bad")) {
                throw new IllegalArgumentException("it is bad");
            }
            return () -> taken.add(text);
        });
    }

    @AfterEach
    void close() {
        files.close();
    }

    private String metrics() {
        return new String(new MetricsText(registry).render(), StandardCharsets.UTF_8);
    }

    @Test
    void whatStaysIsNotReadAgain() {
        files.look();
        files.look();
        assertThat(reads).isZero();
    }

    @Test
    void aChangeIsReadOnceItStandsStill() throws IOException {
        Files.writeString(file, "two, half wr");
        files.look();
        Files.writeString(file, "two, half written");
        files.look();
        assertThat(reads).as("it changed between two looks").isZero();
        files.look();
        assertThat(taken).containsExactly("two, half written");
        files.look();
        assertThat(reads).isEqualTo(1);
        assertThat(metrics())
                .contains("tramontane_file_reloads_total{file=\"thing\",result=\"taken\"} 1.0")
                .contains("tramontane_file_refused{file=\"thing\"} 0.0");
    }

    @Test
    void whatIsBrokenLeavesWhatWasThere() throws IOException {
        Files.writeString(file, "bad one");
        for (int i = 0; i < 5; i++) {
            files.look();
        }
        assertThat(reads).as("told once").isEqualTo(1);
        assertThat(taken).isEmpty();
        assertThat(metrics())
                .contains("tramontane_file_reloads_total{file=\"thing\",result=\"refused\"} 1.0")
                .contains("tramontane_file_refused{file=\"thing\"} 1.0");
        Files.writeString(file, "good again");
        files.look();
        files.look();
        assertThat(taken).containsExactly("good again");
        assertThat(metrics()).contains("tramontane_file_refused{file=\"thing\"} 0.0");
    }

    /** As Kubernetes exchanges a mounted Secret: the name stays, the link behind it moves. */
    @Test
    void aLinkThatMovesIsAChange() throws IOException {
        Path link = Files.createSymbolicLink(dir.resolve("link"), file);
        Path next = Files.writeString(dir.resolve("next"), "two");
        List<String> seen = new ArrayList<>();
        files.watch("linked", List.of(link), () -> {
            String text = Files.readString(link);
            return () -> seen.add(text);
        });
        Files.delete(link);
        files.look();
        files.look();
        assertThat(seen).as("it is gone: refused").isEmpty();
        Files.createSymbolicLink(link, next);
        files.look();
        files.look();
        assertThat(seen).containsExactly("two");
    }
}
