package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.DType;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepCostTest {
    private static final long LAYER = (long) TinyModel.WIDTH * TinyModel.HEADS * TinyModel.HEAD_DIM * 2
            + 2L * TinyModel.WIDTH * TinyModel.KV_HEADS * TinyModel.HEAD_DIM
            + 3L * TinyModel.WIDTH * TinyModel.FFN;

    @TempDir
    Path dir;

    private StepCost cost(TinyModel model, Optional<DType> quantize) throws IOException {
        try (ModelSource source = ModelSource.open(model.writeTo(dir))) {
            return StepCost.of(source.plan(OptionalInt.empty()), quantize);
        }
    }

    @Test
    void everyMatrixIsReadOnceAndTheHeadToo() throws IOException {
        long head = (long) TinyVocabulary.pieces().size() * TinyModel.WIDTH;
        StepCost own = cost(TinyModel.PLAIN, Optional.empty());
        assertThat(own.shared()).isEqualTo(4 * (3 * LAYER + head));
        assertThat(own.operations()).isEqualTo(2.0 * 3 * LAYER);
        assertThat(own.eightBit()).isFalse();
        StepCost tied = cost(TinyModel.PLAIN.withTiedOutput(), Optional.empty());
        assertThat(tied.shared()).isEqualTo(own.shared());
        StepCost rounded = cost(TinyModel.PLAIN, Optional.of(DType.Q8_0));
        assertThat(rounded.shared()).isEqualTo((3 * LAYER + head) / 32 * 34);
        assertThat(rounded.eightBit()).isTrue();
    }

    @Test
    void theCacheIsReadAsFarAsTheWindowReaches() throws IOException {
        double perToken = 2.0 * 3 * TinyModel.KV_HEADS * TinyModel.HEAD_DIM;
        StepCost plain = cost(TinyModel.PLAIN, Optional.empty());
        assertThat(plain.decodeBytes(4, 99, CacheType.F32) - plain.shared()).isEqualTo(4 * 100 * perToken * 4);
        assertThat(plain.decodeBytes(4, 99, CacheType.F16) - plain.shared()).isEqualTo(4 * 100 * perToken * 2);
        assertThat(plain.decodeBytes(4, 99, CacheType.FP8) - plain.shared())
                .isEqualTo(4 * 100 * perToken * (1 + 2.0 / TinyModel.HEAD_DIM));
        StepCost windowed = cost(TinyModel.PLAIN.withWindow(16), Optional.empty());
        assertThat(windowed.decodeBytes(1, 99, CacheType.F16) - windowed.shared())
                .isEqualTo(16 * perToken * 2);
    }

    @Test
    void ofExpertsThoseThatRowsTouchOnAverageAreRead() {
        try (ModelSource source =
                ModelSource.open(OracleModels.named("mixtral-8").path())) {
            StepCost cost = StepCost.of(source.plan(OptionalInt.empty()), Optional.empty());
            ModelGeometry geometry = cost.geometry();
            long each = 3L * geometry.width() * geometry.ffn() * geometry.layers();
            assertThat(cost.ofExperts()).isEqualTo(8 * each * 2);
            double cache = cost.decodeBytes(1, 0, CacheType.F16) - cost.shared() - 2 * each * 2;
            assertThat(cache)
                    .isCloseTo(2.0 * geometry.layers() * geometry.kvHeads() * geometry.headDim() * 2, within(1e-6));
            assertThat(cost.decodeBytes(2, 0, CacheType.F16) - cost.shared() - 2 * cache)
                    .isCloseTo(8 * each * 2 * (1 - 0.75 * 0.75), within(1e-6));
        }
    }

    @Test
    void mediansLieBetweenTheTwoInTheMiddle() {
        assertThat(Spread.of(List.of(3.0, 1.0, 2.0))).isEqualTo(new Spread(2, 1, 3));
        assertThat(Spread.of(List.of(4.0, 1.0))).isEqualTo(new Spread(2.5, 1, 4));
        assertThat(Spread.quantile(new double[] {5, 1, 4, 2, 3}, 0.75)).isEqualTo(4);
    }
}
