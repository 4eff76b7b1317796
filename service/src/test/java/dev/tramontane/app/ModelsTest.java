package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ModelsTest {
    @Test
    void aLoadTellsItsRate() {
        assertThat(Models.loaded(14L << 30, 3_500_000_000L))
                .isEqualTo("weights of 14.0 GiB loaded in 3.5 s: 4.0 GiB a second");
        assertThat(Models.loaded(5 << 20, 0)).startsWith("weights of 5.0 MiB loaded in 0.0 s: ");
    }
}
