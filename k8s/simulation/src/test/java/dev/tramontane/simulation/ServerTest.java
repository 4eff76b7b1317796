package dev.tramontane.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A server computes at the measured rates and admits as the engine does. */
class ServerTest {
    private final Hardware hardware = Hardware.h200();
    private final Tally tally = new Tally();
    private final Server server = new Server(hardware, tally, 0);

    /** What docs/performance.md has measured is what a step takes. */
    @Test
    void stepsTakeWhatWasMeasured() throws IOException {
        assertThat(64 / hardware.step(64, 512)).isCloseTo(6_169, within(1.0));
        assertThat(64 / hardware.step(64, 4_096)).isCloseTo(3_408, within(1.0));
        assertThat(8 / hardware.step(8, 512)).isCloseTo(1_759, within(1.0));
        assertThat(8 / hardware.step(8, 4_096))
                .as("1,396 measured, from nothing but the others")
                .isCloseTo(1_396, within(70.0));
        assertThat(16 / Hardware.twoProcessors().step(16, 0)).isCloseTo(994, within(1.0));
        assertThat(Files.readString(Path.of("../../docs/performance.md")))
                .contains("6,169", "3,408", "1,759", "1,396", "5,142", "9,867", "1,271", "994");
    }

    @Test
    void onePromptAndOneAnswerTakeTheirOwnTime() {
        Request request = new Request(0, 9_850, 101, 101);
        server.offer(request);
        server.advance(10);
        assertThat(request.first).isCloseTo(1, within(0.01));
        double tokens = 100 * hardware.step(1, 9_900);
        assertThat(server.busySeconds()).isCloseTo(1 + tokens, within(0.05));
        assertThat(server.idle()).isTrue();
        assertThat(tally.missed()).isZero();
    }

    @Test
    void pagesAreReservedForWhatARequestMayComeTo() {
        server.offer(new Request(0, 1_000, 10, 1_048));
        assertThat(server.reservedShare()).isCloseTo(64.0 / hardware.pages(), within(1e-12));
        server.advance(5);
        assertThat(server.reservedShare()).isZero();
    }

    @Test
    void whoDoesNotFitWaitsAndWhoFindsTheQueueFullIsRefused() {
        Server small = new Server(hardware.cache(100), tally, 0);
        for (int i = 0; i < 2 + hardware.queue() + 3; i++) {
            small.offer(new Request(0, 1_000, 10, 600)); // 50 pages.
        }
        assertThat(small.running()).isEqualTo(2);
        assertThat(small.waiting()).isEqualTo(hardware.queue());
        assertThat(tally.refusals()).isEqualTo(3);
        small.advance(1_000);
        assertThat(small.idle()).as("all that were admitted or queued").isTrue();
        assertThat(tally.served()).isEqualTo(2 + hardware.queue());
        assertThat(tally.admissions()).isEqualTo(2 + hardware.queue());
    }

    @Test
    void moreSequencesThanLanesTakeTurns() {
        for (int i = 0; i < 128; i++) {
            server.offer(new Request(0, 1, 1_001, 1_001));
        }
        server.advance(1_000);
        // 128,000 tokens at the rate of 64 lanes, with half a thousand of context on average.
        assertThat(server.busySeconds()).isCloseTo(128_000 / 6_169.0, within(1.5));
    }
}
