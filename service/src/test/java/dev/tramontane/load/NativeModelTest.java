package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.RecordedBatch;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.model.StepBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The house's equivalences through the model interface, bit for bit: a prompt whole or in chunks, alone or in company, in
 * a ring that just suffices or in an unbounded cache with a mask, at any phase of pages and ring.
 */
@Tag("backends")
final class NativeModelTest {
    private static final int WINDOW = 24;
    private static final int PAGE = 16;
    private static final int LENGTH = 3 * WINDOW + 11;

    @TempDir
    Path directory;

    static Stream<Backend> backends() {
        return dev.tramontane.fixtures.Kernels.backends();
    }

    static Stream<Arguments> backendsAndTypes() {
        return backends()
                .flatMap(backend -> Stream.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0)
                        .filter(type -> type != DType.F32 || !backend.isDevice())
                        .map(type -> Arguments.of(backend, type)));
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void aPromptInChunksIsTheWholePrompt(Backend backend, DType type) throws IOException {
        int[] tokens = tokens(1, LENGTH);
        for (int window : new int[] {0, WINDOW}) {
            try (LoadedModel loaded =
                    TinyModel.PLAIN.withWindow(window).withType(type).load(directory, backend)) {
                float[] whole = lanes(loaded, LENGTH, CacheType.F32, 1).run(0, tokens, LENGTH);
                assertThat(whole).doesNotContain(0f).hasSize(LENGTH - 1);
                for (int chunk : new int[] {1, 7, WINDOW - 1, WINDOW, WINDOW + 1}) {
                    assertThat(lanes(loaded, chunk, CacheType.F32, 1).run(0, tokens, chunk))
                            .as("window %d, chunks of %d", window, chunk)
                            .isEqualTo(whole);
                }
            }
        }
    }

    /** Whatever keys and values are kept as; and each of them says something else. */
    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void chunksAndCompanyChangeNothingInAnyCache(Backend backend) throws IOException {
        int[] tokens = tokens(6, LENGTH);
        List<float[]> scores = new ArrayList<>();
        try (LoadedModel loaded =
                TinyModel.PLAIN.withWindow(WINDOW).withType(DType.BF16).load(directory, backend)) {
            for (CacheType type : CacheType.values()) {
                if (type == CacheType.F32 && backend.isDevice()) {
                    continue;
                }
                float[] whole = lanes(loaded, LENGTH, type, 1).run(0, tokens, LENGTH);
                assertThat(lanes(loaded, 7, type, 1).run(0, tokens, 7)).isEqualTo(whole);
                assertThat(scores).allSatisfy(other -> assertThat(other).isNotEqualTo(whole));
                scores.add(whole);
            }
        }
        assertThat(scores).hasSizeGreaterThanOrEqualTo(3);
    }

    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void companyChangesNothing(Backend backend) throws IOException {
        try (LoadedModel loaded =
                TinyModel.PLAIN.withWindow(WINDOW).withType(DType.Q8_0).load(directory, backend)) {
            int[][] tokens = {tokens(2, LENGTH), tokens(3, 40), tokens(4, LENGTH + 9)};
            List<float[]> alone = new ArrayList<>();
            for (int[] sequence : tokens) {
                alone.add(lanes(loaded, 16, CacheType.F16, 1).run(0, sequence, 16));
            }
            // Random mixes of chunks and single tokens, until all are through.
            for (int seed = 0; seed < 5; seed++) {
                Random random = new Random(seed);
                Lanes lanes = lanes(loaded, 16, CacheType.F16, 3);
                int[] done = new int[3];
                while (done[0] < tokens[0].length || done[1] < tokens[1].length || done[2] < tokens[2].length) {
                    List<Lanes.Chunk> chunks = new ArrayList<>();
                    for (int slot = 0; slot < 3; slot++) {
                        int left = tokens[slot].length - done[slot];
                        int count = Math.min(
                                left, random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(random.nextBoolean() ? 1 : 16));
                        if (count > 0) {
                            chunks.add(new Lanes.Chunk(slot, tokens[slot], done[slot], count));
                            done[slot] += count;
                        }
                    }
                    if (!chunks.isEmpty()) {
                        lanes.step(chunks.toArray(Lanes.Chunk[]::new));
                    }
                }
                for (int slot = 0; slot < 3; slot++) {
                    assertThat(lanes.scores(slot))
                            .as("seed %d, slot %d", seed, slot)
                            .isEqualTo(alone.get(slot));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void theNumberOfThreadsChangesNothing(Backend backend) throws IOException {
        int[] tokens = tokens(11, 40);
        List<float[]> scores = new ArrayList<>();
        for (int threads = 1; threads <= 3; threads++) {
            try (LoadedModel loaded =
                    TinyModel.PLAIN.withWindow(WINDOW).withType(DType.Q8_0).load(directory, backend, threads)) {
                scores.add(lanes(loaded, 20, CacheType.F16, 1).run(0, tokens, 20));
            }
        }
        assertThat(scores.get(1)).isEqualTo(scores.getFirst());
        assertThat(scores.get(2)).isEqualTo(scores.getFirst());
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aRingIsAnUnboundedCacheWithAMask(Backend backend) throws IOException {
        int[] tokens = tokens(5, LENGTH);
        try (LoadedModel loaded = TinyModel.PLAIN.withWindow(WINDOW).load(directory, backend);
                LoadedModel unbounded = TinyModel.PLAIN.load(directory, backend)) {
            int chunk = 9;
            int unboundedRing = (LENGTH + PAGE - 1) / PAGE;
            float[] masked =
                    new Lanes(loaded.model(), PAGE, unboundedRing, 1, chunk, CacheType.F32, 1).run(0, tokens, chunk);
            float[] ring = new Lanes(loaded.model(), PAGE, (WINDOW + chunk - 2) / PAGE + 2, 1, chunk, CacheType.F32, 2)
                    .run(0, tokens, chunk);
            assertThat(ring).isEqualTo(masked);
            // The window matters: without it later tokens score differently, earlier ones don't.
            float[] full =
                    new Lanes(unbounded.model(), PAGE, unboundedRing, 1, chunk, CacheType.F32, 1).run(0, tokens, chunk);
            for (int i = 0; i < LENGTH - 1; i++) {
                assertThat(full[i] == masked[i]).as("position %d", i).isEqualTo(i < WINDOW);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void thePhaseOfPagesAndRingChangesNothing(Backend backend) throws IOException {
        int[] tokens = tokens(6, LENGTH);
        try (LoadedModel loaded =
                TinyModel.PLAIN.withWindow(WINDOW).withType(DType.Q4_0).load(directory, backend)) {
            float[] first = lanes(loaded, 5, CacheType.F16, 1).run(0, tokens, 5);
            for (int page : new int[] {16, 32, 64}) {
                int least = (WINDOW + 5 - 2) / page + 2;
                for (int ring = least; ring < least + 3; ring++) {
                    float[] other = new Lanes(loaded.model(), page, ring, 2, 5, CacheType.F16, page * 31L + ring)
                            .run(1, tokens, 5);
                    assertThat(other).as("pages of %d, ring of %d", page, ring).isEqualTo(first);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void drawsDependOnSeedAndPositionAlone(Backend backend) throws IOException {
        Sampling sampling = Sampling.NEUTRAL
                .with(SamplingParameter.TEMPERATURE, 0.9)
                .with(SamplingParameter.TOP_K, 50)
                .with(SamplingParameter.TOP_P, 0.95)
                .with(SamplingParameter.MIN_P, 0.01)
                .with(SamplingParameter.REPETITION_PENALTY, 1.1)
                .with(SamplingParameter.PRESENCE_PENALTY, 0.2)
                .with(SamplingParameter.FREQUENCY_PENALTY, 0.1)
                .withBias(Map.of(40, -5f, 41, 3f))
                .withSeed(77);
        try (LoadedModel loaded = TinyModel.PLAIN.load(directory, backend)) {
            List<Integer> alone = sample(loaded, 1, sampling);
            List<Integer> inCompany = sample(loaded, 3, sampling);
            assertThat(inCompany).isEqualTo(alone);
            assertThat(alone.stream().distinct().count()).as("%s", alone).isGreaterThan(4);
            assertThat(sample(loaded, 1, sampling.withSeed(78))).isNotEqualTo(alone);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void reportsTopsLogitsAndMaskedRows(Backend backend) throws IOException {
        try (LoadedModel loaded = TinyModel.PLAIN.withTiedOutput().load(directory, backend)) {
            int vocabulary = loaded.geometry().vocabulary();
            int[] onlySeven = new int[(vocabulary + 31) / 32];
            onlySeven[0] = 1 << 7;
            int[] nothing = new int[onlySeven.length];
            Lanes lanes = lanes(loaded, 8, CacheType.F32, 1);
            StepBatch batch = lanes.newBatch();
            lanes.place(0, batch);
            batch.addSpan(0, 0);
            batch.addRow(9);
            batch.addRow(10);
            batch.wantLogits();
            batch.addScore(0, 0, 12);
            batch.reportTops(3);
            batch.addDraw(1, 0, 2, Sampling.GREEDY);
            batch.reportTops(20);
            batch.allow(onlySeven);
            batch.addDraw(1, 0, 2, Sampling.GREEDY);
            batch.allow(nothing);
            batch.addDraw(1, 0, 2, Sampling.GREEDY);
            batch.allow(onlySeven);
            lanes.run(batch);
            assertThat(batch.resultToken(0)).isEqualTo(12);
            assertThat(batch.resultTops(0)).isEqualTo(3);
            assertThat(batch.resultToken(1)).isEqualTo(7);
            assertThat(batch.resultToken(3)).isEqualTo(7);
            assertThat(batch.resultStatus(2)).isEqualTo(StepBatch.MASKED_OUT);
            float[] logits = new float[2 * vocabulary];
            batch.copyLogits(0, logits, 0);
            batch.copyLogits(1, logits, vocabulary);
            double sum = 0;
            for (int token = 0; token < vocabulary; token++) {
                sum += Math.exp(logits[token]);
            }
            assertThat(batch.resultLogprob(0)).isCloseTo((float) (logits[12] - Math.log(sum)), within());
            for (int rank = 0; rank < 20; rank++) {
                float top = logits[vocabulary + batch.topToken(1, rank)] - logits[vocabulary + batch.topToken(1, 0)];
                assertThat(batch.topLogprob(1, rank) - batch.topLogprob(1, 0)).isCloseTo(top, within());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aRefusedStepChangesNothing(Backend backend) throws IOException {
        int[] tokens = tokens(7, 20);
        try (LoadedModel loaded = TinyModel.PLAIN.load(directory, backend)) {
            float[] expected = lanes(loaded, 20, CacheType.F32, 1).run(0, tokens, 10);
            Lanes lanes = lanes(loaded, 20, CacheType.F32, 1);
            lanes.step(new Lanes.Chunk(0, tokens, 0, 10));
            StepBatch bad = lanes.newBatch();
            bad.addSpan(0, 10);
            bad.addRow(loaded.geometry().vocabulary());
            assertThatThrownBy(() -> loaded.model().submit(bad))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("tokens[0]");
            StepBatch unplaced = lanes.newBatch();
            unplaced.addSpan(0, 1 << 20);
            unplaced.addRow(0);
            assertThatThrownBy(() -> loaded.model().submit(unplaced)).isInstanceOf(ModelException.class);
            assertThat(loaded.model().await(0)).isTrue();
            lanes.step(new Lanes.Chunk(0, tokens, 10, 10));
            assertThat(lanes.scores(0)).isEqualTo(expected);
        }
    }

    /** Masks and logits have the extent of the vocabulary that the batch was made for. */
    @Test
    void aBatchIsOfTheModelThatMadeIt() throws IOException {
        try (LoadedModel loaded = TinyModel.PLAIN.load(directory, Backend.REF);
                LoadedModel other = TinyModel.PLAIN.load(directory, Backend.REF)) {
            lanes(loaded, 8, CacheType.F32, 1);
            for (StepBatch foreign : List.of(new RecordedBatch(), other.model().newBatch())) {
                foreign.addSpan(0, 0);
                foreign.addRow(1);
                assertThatThrownBy(() -> loaded.model().submit(foreign))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("that made it");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aClosedModelIsAnException(Backend backend) throws IOException {
        LoadedModel loaded = TinyModel.PLAIN.load(directory, backend);
        Lanes lanes = lanes(loaded, 8, CacheType.F32, 1);
        loaded.close();
        loaded.close();
        assertThatThrownBy(() -> lanes.run(0, tokens(8, 4), 4)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> loaded.model().await(0)).isInstanceOf(IllegalStateException.class);
    }

    /** Twenty tokens sampled one after the other in slot 0, with other sequences beside it. */
    private static List<Integer> sample(LoadedModel loaded, int company, Sampling sampling) {
        Lanes lanes = lanes(loaded, 16, CacheType.F32, company);
        StepBatch batch = lanes.newBatch();
        List<Integer> sampled = new ArrayList<>();
        int[] prompt = tokens(9, 6);
        for (int at = 0; at < 20; at++) {
            batch.clear();
            for (int slot = 0; slot < company; slot++) {
                lanes.place(slot, batch);
                int position = at == 0 ? 0 : prompt.length + at - 1;
                batch.addSpan(slot, position);
                int row = 0;
                if (at == 0) {
                    for (int token : prompt) {
                        row = batch.addRow(slot == 0 ? token : token + slot);
                    }
                } else {
                    row = batch.addRow(StepBatch.PREVIOUS_TOKEN);
                }
                Sampling own = slot == 0 ? sampling : sampling.withSeed(slot);
                batch.addDraw(row, slot, prompt.length + at, own);
                batch.addCounts(new int[] {5, 1, 6, 2}, 2);
            }
            lanes.run(batch);
            sampled.add(batch.resultToken(0));
        }
        return sampled;
    }

    /** Rings that hold a window and a chunk, or everything. */
    private static Lanes lanes(LoadedModel loaded, int chunk, CacheType type, int slots) {
        int window = loaded.geometry().groups().getFirst().window();
        int tokens = window == 0 ? LENGTH + 20 : window + chunk - 1;
        return new Lanes(loaded.model(), PAGE, tokens / PAGE + 2, slots, chunk * slots, type, chunk);
    }

    private static org.assertj.core.data.Offset<Float> within() {
        return org.assertj.core.data.Offset.offset(1e-4f);
    }

    private static int[] tokens(long seed, int length) {
        return new Random(seed).ints(length, 0, TinyVocabulary.size()).toArray();
    }
}
