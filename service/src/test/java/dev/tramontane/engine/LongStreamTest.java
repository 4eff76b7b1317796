package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Promise 1 on the real kernels: a stream of 100,000 tokens holds the pages and the memory of a short one. */
@Tag("slow")
@Tag("backends")
final class LongStreamTest {
    /** On an emulated device a step takes some hundred times as long. */
    private static final int TOKENS = Kernels.backend().isDevice() ? 1_000 : 100_000;

    /** After which the ring is full: it holds a window and a chunk. */
    private static final int EARLY = Math.max(TOKENS / 5, 700);

    private static final int WINDOW = 64;

    @TempDir
    Path directory;

    @Test
    void aStreamOfAnyAgeHoldsItsWindowOnly() throws IOException, RefusedException {
        Path status = Path.of("/proc/self/status");
        Assumptions.assumeTrue(Files.isReadable(status), "memory is read from /proc, which is not here");
        TinyModel tiny =
                TinyModel.PLAIN.withWindow(WINDOW).withContext(2 * TOKENS).withType(DType.Q8_0);
        int[] delivered = new int[1];
        SequenceListener counting = new SequenceListener() {
            @Override
            public void onToken(TokenScore token) {
                delivered[0]++;
            }

            @Override
            public void onFinish(Finish finish) {
                assertThat(finish.reason()).isEqualTo(FinishReason.LENGTH);
            }
        };
        try (LoadedModel loaded = tiny.load(directory, Kernels.backend(), 1);
                EngineLoop engine = new EngineLoop(
                        loaded.model(),
                        EngineConfig.defaults(2 * TOKENS, 64 << 20),
                        EngineObserver.NONE,
                        System::nanoTime)) {
            int ring = engine.plan().pages(0, 2 * TOKENS);
            engine.submit(
                    new Submission(new int[] {1, 2, 3}, TOKENS, 0, Set.of(), Sampling.GREEDY, -1, -1, Long.MAX_VALUE),
                    List.of(counting));
            while (delivered[0] < EARLY) {
                assertThat(engine.step()).isTrue();
            }
            long early = heldKilobytes(status);
            int pages = engine.status().pagesUsed();
            assertThat(pages).isLessThanOrEqualTo(ring);
            while (engine.step()) {
                assertThat(engine.status().pagesUsed()).isLessThanOrEqualTo(pages);
            }
            assertThat(delivered[0]).isEqualTo(TOKENS);
            // Leaves room for what the compiler writes; a leak of 0.6 KB a token would show.
            assertThat(heldKilobytes(status) - early).isLessThan(48 << 10);
            engine.checkBooks();
        }
    }

    /** Memory of its own, but for what the heap has free, of which a machine with more memory has more. */
    private static long heldKilobytes(Path status) throws IOException {
        System.gc();
        long free = Runtime.getRuntime().freeMemory() >> 10;
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmData:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) - free;
            }
        }
        throw new IOException("no VmData in " + status);
    }
}
