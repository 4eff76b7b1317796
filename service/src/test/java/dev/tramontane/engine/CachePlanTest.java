package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class CachePlanTest {
    private static final long GIB = 1L << 30;

    private static ModelGeometry mistral(LayerGroup... groups) {
        return new ModelGeometry(
                "llama",
                "7B",
                new ModelGeometry.Shape(32, 4096, 32, 8, 128, 14336, 32000),
                ModelGeometry.Mixture.NONE,
                new ModelGeometry.Positions(32768, 1e4, false, 128),
                1e-5,
                List.of(groups));
    }

    private static LayerGroup group(int window, int from, int to) {
        return new LayerGroup(window, IntStream.range(from, to).boxed().toList());
    }

    /** The figures of the model card: 128 KiB a token in F16, so 512 MiB for a window of 4096. */
    @Test
    void mistral7bByHand() {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(16, 256, 64),
                new EngineConfig.Cache(32, CacheType.F16, 8 * GIB),
                new EngineConfig.Admission(64, 32768, 8, 64, 1 << 20));
        CachePlan plan = CachePlan.of(mistral(group(4096, 0, 32)), config);
        assertThat(plan.pageBytes(0)).isEqualTo(32 * 128 * 1024);
        assertThat(plan.pages(0, 32768)).isEqualTo(137);
        assertThat(plan.sequenceBytes(32768)).isEqualTo(137L * 4 * 1024 * 1024);
        assertThat(plan.shape().groups()).containsExactly(new CacheShape.Group(2048, 137));
        assertThat(plan.bytes()).isEqualTo(8 * GIB);
        assertThat(plan.sequences(32768)).isEqualTo(14);
        assertThat(plan.sequences(1024)).isEqualTo(64);
        assertThat(CachePlan.bytesFor(mistral(group(0, 0, 32)), config, 32768, 1))
                .isEqualTo(4 * GIB);
    }

    @Test
    void aCacheTooSmallForOneSequenceIsRefusedWithTheSizes() {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(16, 256, 64),
                new EngineConfig.Cache(32, CacheType.F16, GIB),
                new EngineConfig.Admission(64, 32768, 8, 64, 1 << 20));
        assertThatThrownBy(() -> CachePlan.of(mistral(group(0, 0, 32)), config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "one sequence of 32768 tokens needs 4294967296 bytes of cache, but it has 1073741824");
    }

    @Test
    void noMorePagesThanTheSlotsCanUse() {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(2, 256, 64),
                new EngineConfig.Cache(32, CacheType.F16, 1000 * GIB),
                new EngineConfig.Admission(2, 32768, 2, 64, 1 << 20));
        CachePlan plan = CachePlan.of(mistral(group(0, 0, 8), group(4096, 8, 32)), config);
        assertThat(plan.shape().groups())
                .containsExactly(new CacheShape.Group(2048, 1024), new CacheShape.Group(274, 137));
        assertThat(plan.sequences(32768)).isEqualTo(2);
    }

    @Test
    void randomPlansKeepTheirBudgetAndHoldWhatTheySay() {
        for (int seed = 0; seed < 2000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int[] windows = random.ints(1 + random.nextInt(3), 0, 50).toArray();
            ModelGeometry geometry = FakeModel.of(50, windows).geometry();
            int slots = 1 + random.nextInt(20);
            int context = 2 + random.nextInt(500);
            EngineConfig sizes = new EngineConfig(
                    new EngineConfig.Step(1, 1 + random.nextInt(40), 1),
                    new EngineConfig.Cache(1 + random.nextInt(20), CacheType.F32, 1),
                    new EngineConfig.Admission(slots, context, 1, 1, 1));
            long one = CachePlan.bytesFor(geometry, sizes, context, 1);
            long budget = one + random.nextLong(one * slots);
            CachePlan plan = CachePlan.of(geometry, sizes.withCacheBytes(budget));
            String as = "seed " + seed;
            assertThat(plan.bytes()).as(as).isLessThanOrEqualTo(budget);
            assertThat(plan.fits(1, context, 1)).as(as).isTrue();
            int length = 1 + random.nextInt(context);
            int promised = plan.sequences(length);
            KvCache cache = new KvCache(plan.windows(), plan.shape());
            int admitted = 0;
            while (cache.reserve(Tenant.COMMON, 1, length, 1) != null) {
                admitted++;
            }
            assertThat(admitted).as(as).isEqualTo(promised);
            // What is left over would not make one more sequence a page longer.
            long most = CachePlan.bytesFor(geometry, sizes, context, slots);
            long row = CachePlan.bytesFor(geometry, sizes, 1, 1);
            assertThat(plan.bytes()).as(as).isGreaterThanOrEqualTo(Math.min(budget, most) - row);
        }
    }

    @Test
    void configurationIsChecked() {
        refused(() -> new EngineConfig.Step(0, 1, 1), "lanes");
        refused(() -> new EngineConfig.Step(2, 1, 2), "budget");
        refused(() -> new EngineConfig.Step(2, 2, 1), "samples");
        refused(() -> new EngineConfig.Step(2, 2, 2, -1), "time of a step");
        refused(() -> new EngineConfig.Cache(0, CacheType.F16, 1), "page");
        refused(() -> new EngineConfig.Cache(1, CacheType.F16, 0), "cache");
        refused(() -> new EngineConfig.Admission(1, 1, 1, 1, 1), "context");
        refused(() -> new EngineConfig.Admission(1, 2, 2, 1, 1), "choices");
        refused(() -> new EngineConfig.Admission(1, 2, 1, 0, 1), "requests");
        refused(() -> new EngineConfig.Admission(1, 2, 1, 1, 1L << 40), "tokens");
        EngineConfig.Step two = new EngineConfig.Step(2, 2, 2);
        EngineConfig.Admission one = new EngineConfig.Admission(1, 2, 1, 1, 1);
        refused(() -> new EngineConfig(two, new EngineConfig.Cache(1, CacheType.F16, 1), one), "slots");
        assertThat(EngineConfig.defaults(4096, GIB).lanes()).isEqualTo(16);
    }

    private static void refused(Supplier<Object> made, String why) {
        assertThatThrownBy(made::get)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }
}
