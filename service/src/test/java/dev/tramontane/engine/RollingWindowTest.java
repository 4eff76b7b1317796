package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RollingWindowTest {

    @Test
    void workedExampleOfTheDocumentation() {
        RollingWindow window = RollingWindow.of(4, 2, 2, 1000);
        assertThat(window.ring()).isEqualTo(4);
        assertThat(window.entry(0)).isZero();
        assertThat(window.entry(7)).isEqualTo(3);
        assertThat(window.entry(8)).isZero();
        assertThat(window.oldestVisible(8)).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({
        // window, page, chunk, context, ring
        "0, 16, 256, 1000, 63",
        "0, 16, 256, 1008, 63",
        "4096, 32, 256, 1000000, 137", // ceil(4351 / 32) + 1
        "4096, 32, 256, 4000, 125", // the context ends first
        "1, 16, 1, 1000, 2",
        "1, 1, 1, 1000, 2",
    })
    void ringLength(int window, int page, int chunk, int context, int ring) {
        assertThat(RollingWindow.of(window, page, chunk, context).ring()).isEqualTo(ring);
    }

    @ParameterizedTest
    @CsvSource({"4096, 32, 256", "11, 4, 7", "1, 16, 1", "128, 256, 3"})
    void promiseOne(int window, int page, int chunk) {
        RollingWindow rolling = RollingWindow.of(window, page, chunk, 1 << 30);
        for (long length : new long[] {1, page, page + 1, window - 1, window, window + chunk - 1, 1 << 30}) {
            long bound = (Math.min(length, window + chunk - 1) + page - 1) / page + 1;
            assertThat((long) rolling.pages(length))
                    .isLessThanOrEqualTo(bound)
                    .isGreaterThanOrEqualTo(Math.min(length, 1));
        }
        assertThat(rolling.pages(1_000_000)).isEqualTo(rolling.pages(1 << 30));
    }

    /** Whatever chunks a sequence takes, no position that a row still sees shares its place with one being written. */
    @Test
    void nothingVisibleIsOverwritten() {
        for (int seed = 0; seed < 400; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int page = 1 + random.nextInt(9);
            int chunk = 1 + random.nextInt(20);
            RollingWindow window = RollingWindow.of(random.nextInt(25), page, chunk, 200);
            Map<Long, Long> memory = new HashMap<>();
            for (long position = 0; position < 200; ) {
                long end = Math.min(200, position + 1 + random.nextInt(chunk));
                for (long p = position; p < end; p++) {
                    memory.put(window.entry(p) * (long) page + p % page, p);
                }
                for (long seen = window.oldestVisible(position); seen < end; seen++) {
                    assertThat(memory.get(window.entry(seen) * (long) page + seen % page))
                            .as("seed %d, %s, rows %d..%d", seed, window, position, end)
                            .isEqualTo(seen);
                }
                position = end;
            }
        }
    }

    @Test
    void aRingOneEntryShorterWouldNotDo() {
        RollingWindow enough = RollingWindow.of(8, 4, 4, 1000);
        RollingWindow tooShort = new RollingWindow(8, 4, enough.ring() - 1);
        // Rows 15..18 write the page of 16..19; row 15 still sees 8.
        assertThat(tooShort.entry(18)).isNotEqualTo(tooShort.entry(8));
        // Rows 13..16: row 13 sees 6, and 16 lies four pages after 0..3, three after 4..7.
        assertThat(tooShort.entry(16)).isEqualTo(tooShort.entry(6));
        assertThat(enough.entry(16)).isNotEqualTo(enough.entry(6));
    }

    @Test
    void aPageIsContinuedOnlyWhereSomethingInItIsSeen() {
        RollingWindow window = new RollingWindow(4, 8, 3);
        assertThat(window.continuesPage(8)).isFalse();
        assertThat(window.continuesPage(9)).isTrue();
        assertThat(window.continuesPage(15)).isTrue();
        assertThat(new RollingWindow(1, 8, 3).continuesPage(9)).isFalse();
        assertThat(new RollingWindow(0, 8, 3).continuesPage(9)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        // window, ring context, prompt, length, choices, pages of 4 tokens
        "0, 1000, 9, 20, 1, 5",
        "0, 1000, 9, 20, 3, 11", // pages 0 and 1 shared, 2..4 threefold
        "0, 1000, 8, 20, 3, 13", // the last prompt token lies in page 1
        "0, 1000, 9, 9, 2, 4", // page 2 twofold
        "8, 1000, 9, 1000, 3, 12", // ring of ceil(11 / 4) + 1 = 4, all of it written after the fork
        "8, 1000, 9, 16, 3, 8", // no wrap: as without a window
    })
    void pagesOfChoices(int window, int context, int prompt, int length, int choices, long pages) {
        assertThat(RollingWindow.of(window, 4, 4, context).pages(prompt, length, choices))
                .isEqualTo(pages);
    }

    @Test
    void nonsenseIsRefused() {
        assertThatThrownBy(() -> new RollingWindow(-1, 4, 4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RollingWindow(1, 0, 4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RollingWindow(1, 4, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
