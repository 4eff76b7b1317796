package dev.tramontane.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** From nothing and to nothing as KEDA's documentation says. */
class KedaTest {
    private final Keda keda = new Keda(30, 300, 5);

    @Test
    void aValueAboveTheActivationStartsOne() {
        assertThat(keda.look(0, 0, 5)).as("not above").isZero();
        assertThat(keda.look(15, 0, 6)).as("before the next look").isZero();
        assertThat(keda.look(30, 0, 6)).isEqualTo(1);
        assertThat(keda.look(60, 4, 6)).as("more are the autoscaler's").isEqualTo(4);
    }

    @Test
    void allEndOnceNothingWasActiveForTheCooldown() {
        assertThat(keda.look(0, 3, 9)).isEqualTo(3);
        for (int at = 30; at < 300; at += 30) {
            assertThat(keda.look(at, 3, 0)).isEqualTo(3);
        }
        assertThat(keda.look(300, 3, 0)).isZero();
    }
}
