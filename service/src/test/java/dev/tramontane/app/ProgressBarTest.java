package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
                .isEqualTo("\u001b[J\u001b[?7l 25 % [#######.......................] loading m, 1.0 MiB of 4.0 MiB,"
                        + " 512 KiB/s, 6 s left\u001b[?7h\r");
        bar.done();
        assertThat(shown()).endsWith("\r\u001b[J");
    }

    /** Terminals that wrap long lines anew when they become narrower, and those that cut them off. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noWidthLeavesAnythingBehind(boolean wrapsAnew) {
        Random random = new Random(5);
        for (int columns = 1; columns <= 130; columns++) {
            bytes.reset();
            now = 0;
            TerminalScreen screen = new TerminalScreen(columns, wrapsAnew);
            screen.take("|\r\n"); // Narrow enough for any screen.
            List<String> before = screen.lines();
            ProgressBar bar = bar(true);
            for (int step = 1; step <= 6; step++) {
                now = step * SECOND;
                bar.at((long) step << 28, 6L << 28);
                screen.take(shown());
                bytes.reset();
                assertThat(screen.row()).as("at %d columns", screen.columns()).startsWith(start(step, screen));
                if (step % 2 == 0) {
                    screen.resize(1 + random.nextInt(130));
                }
            }
            bar.done();
            screen.take(shown());
            screen.resize(columns);
            assertThat(screen.lines()).as("at %d columns", columns).isEqualTo(before);
        }
    }

    private static String start(int step, TerminalScreen screen) {
        String percent = String.format(Locale.ROOT, "%3.0f %%", step * 100 / 6.0);
        // Without wrapping the last column holds whatever came last.
        return percent.substring(0, Math.min(percent.length(), screen.columns() - 1));
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
                        "loading m:  31 %, 10.0 MiB of 32.0 MiB, 1.0 MiB/s, 22 s left",
                        "loading m:  63 %, 20.0 MiB of 32.0 MiB, 1.0 MiB/s, 12 s left");
    }
}
