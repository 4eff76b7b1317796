package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.GuideObserver;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.model.Sampling;
import dev.tramontane.snapshots.SnapshotObserver;
import dev.tramontane.source.ModelSource;
import dev.tramontane.stages.StageObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What serve opens where a directory is named: by the same model and settings found again, by others never. */
class SnapshotFilesTest {
    @TempDir
    private Path temporary;

    private final AtomicInteger read = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    private record Told(String text, int cached) {}

    private Configuration configuration(TinyModel model, Map<Setting, String> more) throws IOException {
        Map<Setting, String> given = new HashMap<>(Map.of(
                Setting.MODEL,
                model.writeTo(temporary).toString(),
                Setting.THREADS,
                "1",
                Setting.CONTEXT,
                "512",
                Setting.MAX_BATCH,
                "1",
                Setting.MAX_SEQUENCES,
                "1",
                Setting.SNAPSHOT_DIR,
                temporary.resolve("snapshots").toString()));
        given.putAll(more);
        return Configuration.of(Settings.of(given, Map.of(), Map.of(), ""))
                .withModel(Path.of(given.get(Setting.MODEL)));
    }

    private Told run(TinyModel model, Map<Setting, String> more) throws IOException {
        SnapshotObserver observer = new SnapshotObserver() {
            @Override
            public void read(long bytes) {
                read.incrementAndGet();
            }

            @Override
            public void refused() {
                refused.incrementAndGet();
            }
        };
        try (RunningModel running = RunningModel.open(
                configuration(model, more),
                Environment.ofProcess(),
                (name, engine) -> EngineObserver.NONE,
                observer,
                GuideObserver.NONE,
                StageObserver.NONE,
                (done, total) -> {})) {
            List<GenerationEvent> events = Objects.requireNonNull(running.generator()
                    .generate(new GenerationRequest(
                            new Prompt.Text("the brown fox and the lazy dog ".repeat(6)),
                            1,
                            OptionalInt.of(40),
                            new StopRules(0, List.of(), false, Set.of(), true),
                            Sampling.GREEDY,
                            false,
                            -1,
                            -1))
                    .collectList()
                    .block(Duration.ofMinutes(2)));
            StringBuilder text = new StringBuilder();
            events.forEach(event -> text.append(event instanceof Delta delta ? delta.text() : ""));
            return new Told(
                    text.toString(), ((Finished) events.getLast()).usage().cachedTokens());
        }
    }

    @Test
    void theSameModelFindsThemAndNoOther() throws IOException {
        Told first = run(TinyModel.PLAIN, Map.of());
        assertThat(first.cached()).isZero();
        Told again = run(TinyModel.PLAIN, Map.of());
        assertThat(again.text()).isEqualTo(first.text());
        assertThat(again.cached()).isGreaterThanOrEqualTo(64);
        int reads = read.get();
        assertThat(reads).isPositive();
        assertThat(run(TinyModel.PLAIN.withSeed(2), Map.of()).cached())
                .as("other weights")
                .isZero();
        assertThat(run(TinyModel.PLAIN, Map.of(Setting.WINDOW, "40")).cached())
                .as("another window")
                .isZero();
        assertThat(run(TinyModel.PLAIN, Map.of(Setting.KV, "f32")).cached())
                .as("another type of cache")
                .isZero();
        assertThat(run(TinyModel.PLAIN, Map.of(Setting.LORA_DIR, temporary.toString(), Setting.LORA_TYPE, "bf16"))
                        .cached())
                .as("another type of adapters")
                .isZero();
        assertThat(run(TinyModel.PLAIN, Map.of(Setting.BACKEND, "ref")).cached())
                .as("other arithmetic")
                .isZero();
        assertThat(read).hasValue(reads);
        assertThat(refused).as("they have names of their own").hasValue(0);
    }

    @Test
    void whatCannotBeIsRefusedByName() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");
        assertThatThrownBy(() -> run(TinyModel.PLAIN, Map.of(Setting.SNAPSHOT_DIR, file.toString())))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith("--snapshot-dir " + file + " cannot be used: ");
    }

    private byte[] answersMark(TinyModel model, Map<Setting, String> more) throws IOException {
        try (RunningModel running = RunningModel.open(
                configuration(model, more),
                Environment.ofProcess(),
                (name, engine) -> EngineObserver.NONE,
                SnapshotObserver.NONE,
                GuideObserver.NONE,
                StageObserver.NONE,
                (done, total) -> {})) {
            return Objects.requireNonNull(running.snapshots()).answersMark();
        }
    }

    /** Answers go on from their tokens, so that it does not matter by which arithmetic, or whether blocks are found again. */
    @Test
    void answersAreAModelsWhateverComputesIt() throws IOException {
        byte[] mark = answersMark(TinyModel.PLAIN, Map.of());
        assertThat(answersMark(TinyModel.PLAIN, Map.of(Setting.BACKEND, "ref"))).isEqualTo(mark);
        assertThat(answersMark(TinyModel.PLAIN, Map.of(Setting.KV, "f32"))).isEqualTo(mark);
        assertThat(answersMark(TinyModel.PLAIN, Map.of(Setting.KV, "bf16"))).isNotEqualTo(mark);
        assertThat(answersMark(TinyModel.PLAIN, Map.of(Setting.KV, "fp8"))).isNotEqualTo(mark);
        assertThat(answersMark(TinyModel.PLAIN, Map.of(Setting.PREFIX_CACHE, "off")))
                .isEqualTo(mark);
        assertThat(answersMark(TinyModel.PLAIN.withSeed(2), Map.of()))
                .as("other weights")
                .isNotEqualTo(mark);
        assertThat(answersMark(TinyModel.PLAIN, Map.of(Setting.SERVED_MODEL_NAME, "another")))
                .as("another name")
                .isNotEqualTo(mark);
        assertThat(answersMark(TinyModel.PLAIN, Map.of(Setting.WINDOW, "40")))
                .as("another window")
                .isNotEqualTo(mark);
    }

    /** The buffers are part of what is said before loading. */
    @Test
    void theirMemoryIsSaid() throws IOException {
        Configuration with = configuration(TinyModel.PLAIN, Map.of());
        Configuration without = Configuration.of(Settings.of(Map.of(Setting.CONTEXT, "512"), Map.of(), Map.of(), ""));
        // 32 tokens of 2 bytes in 3 layers, keys and values; 32 blocks on their way out and as many in.
        long page = 32 * 2 * 3 * 2L * TinyModel.KV_HEADS * TinyModel.HEAD_DIM;
        assertThat(buffers(with)).isEqualTo(64 * page);
        assertThat(buffers(without)).isZero();
    }

    private long buffers(Configuration configuration) throws IOException {
        try (ModelSource source = ModelSource.open(TinyModel.PLAIN.writeTo(temporary))) {
            return MemoryPlan.of(
                            KernelLibraries.load(configuration, Environment.ofProcess()),
                            source.plan(configuration.model().window()),
                            configuration,
                            MemoryLimit.ofProcess())
                    .sum()
                    .bytes("snapshot_buffers_bytes");
        }
    }
}
