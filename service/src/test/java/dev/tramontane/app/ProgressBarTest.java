package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    private static final long SECOND = 1_000_000_000L;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private long now;

    private String shown() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private ProgressBar bar(boolean terminal) {
        return new ProgressBar("loading m", err, terminal, () -> now);
    }

    @Test
    void shortWorkIsSilent() {
        ProgressBar bar = bar(true);
        now = SECOND / 4;
        bar.at(50, 100);
        bar.done();
        assertThat(shown()).isEmpty();
    }

    @Test
    void aTerminalGetsABarThatGoesAway() {
        ProgressBar bar = bar(true);
        bar.at(0, 0);
        now = 2 * SECOND;
        bar.at(1 << 20, 4 << 20);
        assertThat(shown())
                .isEqualTo(
                        "\r\u001b[Kloading m [#######.......................]  25 %, 1.0 MiB of 4.0 MiB, 512 KiB/s, 6 s"
                                + " left");
        bar.done();
        assertThat(shown()).endsWith("\r\u001b[K");
    }

    @Test
    void elsewhereALineEveryTenSeconds() {
        ProgressBar bar = bar(false);
        for (int second = 1; second <= 21; second++) {
            now = second * SECOND;
            bar.at(second << 20, 32 << 20);
        }
        bar.done();
        assertThat(shown().lines())
                .containsExactly(
                        "loading m:  31 %, 10.0 MiB of 32.0 MiB, 1.0 MiB/s",
                        "loading m:  63 %, 20.0 MiB of 32.0 MiB, 1.0 MiB/s");
    }
}
