package dev.tramontane.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.Finish;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import dev.tramontane.engine.Tenant;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.fixtures.Damage;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real models, real files: a process ends, another one opens the directory and goes on with the very tokens of one that
 * was never interrupted, having computed only what is in no whole block; and whatever the files say, the tokens are right.
 */
@Tag("backends")
final class RestartTest {
    private static final int WINDOW = 24;
    private static final int PAGE = 16;
    private static final int PROMPT = 70;
    private static final int CUT = 30;
    private static final int ANSWER = 50;

    private static final Sampling SAMPLING =
            Sampling.NEUTRAL.with(SamplingParameter.TEMPERATURE, 1).withSeed(5);

    @TempDir
    Path temporary;

    private final AtomicInteger refused = new AtomicInteger();

    /** What one life of a process came to. */
    private record Life(List<Integer> tokens, long promptTokens) {}

    private Life live(Backend backend, int window, byte[] mark, int continued, int[] known, long demand)
            throws Exception {
        List<Integer> tokens = new ArrayList<>();
        try (LoadedModel loaded = TinyModel.PLAIN.withWindow(window).load(temporary, backend)) {
            EngineConfig config = new EngineConfig(
                    new EngineConfig.Step(2, 16, 4),
                    new EngineConfig.Cache(PAGE, Kernels.cacheType(CacheType.F32), 8 << 20),
                    new EngineConfig.Admission(4, 256, 2, 16, 1 << 20));
            long head = Kernels.cacheType(CacheType.F32).headBytes(TinyModel.HEAD_DIM);
            long[] pageBytes = {TinyModel.KV_HEADS * head * PAGE * 3};
            try (PageFiles files =
                    new PageFiles(temporary.resolve("snapshots"), mark, pageBytes, 1 << 30, new SnapshotObserver() {
                        @Override
                        public void refused() {
                            refused.incrementAndGet();
                        }
                    })) {
                EngineLoop engine =
                        new EngineLoop(loaded.model(), config, EngineObserver.NONE, System::nanoTime, files);
                assertThat(engine.plan().pageBytes(0)).isEqualTo(pageBytes[0]);
                engine.start();
                long computed;
                try (engine) {
                    CountDownLatch done = new CountDownLatch(1);
                    Submission submission = new Submission(
                            known, continued, ANSWER, 0, Set.of(), SAMPLING, -1, -1, Long.MAX_VALUE, Tenant.COMMON);
                    List<SequenceHandle> handles = engine.submit(submission, List.of(new SequenceListener() {
                        @Override
                        public void onToken(TokenScore token) {
                            tokens.add(token.id());
                            if (tokens.size() == demand) {
                                done.countDown();
                            }
                        }

                        @Override
                        public void onFinish(Finish finish) {
                            done.countDown();
                        }
                    }));
                    assertThat(done.await(120, TimeUnit.SECONDS)).as("an end").isTrue();
                    computed = engine.status().promptTokens();
                    handles.forEach(SequenceHandle::cancel);
                }
                return new Life(tokens, computed);
            }
        }
    }

    private static int[] prompt() {
        int[] prompt = new int[PROMPT];
        for (int i = 0; i < PROMPT; i++) {
            prompt[i] = 20 + (i * 37 + i * i) % 200;
        }
        return prompt;
    }

    private static int[] known(List<Integer> tokens) {
        int[] known = Arrays.copyOf(prompt(), PROMPT + CUT);
        for (int i = 0; i < CUT; i++) {
            known[PROMPT + i] = tokens.get(i);
        }
        return known;
    }

    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backends")
    void anotherProcessGoesOn(Backend backend) throws Exception {
        for (int window : new int[] {0, WINDOW}) {
            byte[] mark = mark(backend, window);
            List<Integer> uncut = live(backend, window, mark(backend, window + 1000), 0, prompt(), -1)
                    .tokens();
            Life first = live(backend, window, mark, 0, prompt(), CUT);
            assertThat(first.tokens().subList(0, CUT)).isEqualTo(uncut.subList(0, CUT));
            assertThat(first.promptTokens()).isEqualTo(PROMPT);

            Life second = live(backend, window, mark, CUT, known(uncut), -1);
            assertThat(second.tokens()).as("window %d", window).isEqualTo(uncut.subList(CUT, ANSWER));
            assertThat(second.promptTokens())
                    .as("window %d: computed of %d", window, PROMPT + CUT)
                    .isEqualTo((PROMPT + CUT - 1) % PAGE + 1);

            // Whatever becomes of the files.
            damage((byte) 1);
            int before = refused.get();
            assertThat(live(backend, window, mark, CUT, known(uncut), -1).tokens())
                    .as("window %d, damaged", window)
                    .isEqualTo(uncut.subList(CUT, ANSWER));
            assertThat(refused.get()).as("refused files").isGreaterThan(before);
        }
        assertThat(refused.get()).isPositive();
    }

    /** Of each model and window another. */
    private static byte[] mark(Backend backend, int window) {
        byte[] mark = new byte[32];
        mark[0] = (byte) backend.name().hashCode();
        mark[1] = (byte) window;
        mark[2] = (byte) (window >> 8);
        return mark;
    }

    /** Flips bits in the last byte of each file. */
    private void damage(byte bits) throws IOException {
        try (Stream<Path> files = Files.list(temporary.resolve("snapshots"))) {
            for (Path file : files.toList()) {
                Damage.lastByte(file, bits);
            }
        }
    }
}
