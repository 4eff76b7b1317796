package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // Only a hang reaches it.
class EndingTest {
    private final List<String> atOnce = new ArrayList<>();
    private final Shutdown shutdown = new Shutdown(() -> atOnce.add("at once"));

    @Test
    void theGracePeriodHoldsDelayDrainAndTheEnd() {
        Ending ending = new Ending(Duration.ofSeconds(15), Duration.ofMinutes(2));
        assertThat(ending.limit()).isEqualTo(Duration.ofSeconds(145));
        assertThat(ending.graceSeconds()).isEqualTo(150);
        assertThat(ending)
                .hasToString("terminationGracePeriodSeconds 150: --drain-delay 15 s, --drain-timeout 120 s, and 15 s to"
                        + " close");
        assertThat(new Ending(Duration.ofMillis(1), Duration.ZERO).graceSeconds())
                .as("whole seconds, rounded up")
                .isEqualTo(16);
    }

    /** The number that a manifest needs can be asked for. */
    @Test
    void doctorSaysIt() {
        CapturedProgram.Outcome told =
                new CapturedProgram().run("doctor", "--drain-delay", "20s", "--drain-timeout", "1m");
        assertThat(told.out()).contains("terminationGracePeriodSeconds 95:");
    }

    @Test
    void aSecondSignalSkipsTheDelayAndAThirdDoesNotWait() throws InterruptedException {
        shutdown.beginPatience(Duration.ofDays(1));
        shutdown.run();
        shutdown.await();
        shutdown.run();
        assertThat(shutdown.awaitDelay(Duration.ofDays(1))).isTrue();
        assertThat(atOnce).isEmpty();
        shutdown.run();
        assertThat(atOnce).hasSize(1);
    }

    @Test
    void afterTheDelayASecondSignalDoesNotWait() throws InterruptedException {
        shutdown.beginPatience(Duration.ofNanos(1));
        shutdown.run();
        assertThat(shutdown.awaitDelay(Duration.ofNanos(1))).isFalse();
        shutdown.run();
        assertThat(atOnce).hasSize(1);
    }

    @Test
    void withoutADelayASecondSignalDoesNotWait() throws InterruptedException {
        shutdown.beginPatience(Duration.ZERO);
        shutdown.run();
        assertThat(atOnce).isEmpty();
        shutdown.run();
        assertThat(atOnce).hasSize(1);
    }

    @Test
    void beforeThereIsAnythingToDrainTheFirstDoesNotWait() {
        shutdown.run();
        assertThat(atOnce).hasSize(1);
    }
}
