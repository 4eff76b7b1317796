package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SizingTest {
    private static final long GIB = 1L << 30;

    /** Mistral 7B's shape: 128 KiB of F16 cache per token. */
    private static ModelGeometry mistral(int window, int context) {
        List<Integer> layers = IntStream.range(0, 32).boxed().toList();
        return new ModelGeometry(
                "llama",
                "m",
                new ModelGeometry.Shape(32, 4096, 32, 8, 128, 14336, 32768),
                ModelGeometry.Mixture.NONE,
                new ModelGeometry.Positions(context, 1e6, false, 128),
                1e-5,
                List.of(new LayerGroup(window, layers)));
    }

    private static Configuration asked(Object... pairs) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        for (int i = 0; i < pairs.length; i += 2) {
            flags.put((Setting) pairs[i], (String) pairs[i + 1]);
        }
        return Configuration.of(Settings.of(flags, Map.of(), Map.of(), ""));
    }

    @Test
    void aSmallNeedTakesNoMoreThanItNeeds() {
        Sizing sizing = Sizing.of(mistral(0, 2048), asked(), 64 * GIB);
        assertThat(sizing.engine().contextTokens()).isEqualTo(2048);
        assertThat(sizing.plan().bytes()).isEqualTo(16 * GIB / 4);
        assertThat(sizing.notes()).isEmpty();
    }

    @Test
    void aLargeNeedTakesAQuarterOfTheMemory() {
        Sizing sizing = Sizing.of(mistral(0, 32_768), asked(), 32 * GIB);
        assertThat(sizing.engine().contextTokens()).isEqualTo(32_768);
        assertThat(sizing.plan().bytes()).isBetween(8 * GIB - (8L << 20), 8 * GIB);
        assertThat(sizing.plan().sequences(32_768)).isEqualTo(2);
    }

    @Test
    void aContextThatWasNotAskedForGivesWayToTheMemory() {
        Sizing sizing = Sizing.of(mistral(0, 32_768), asked(), 8 * GIB);
        assertThat(sizing.engine().contextTokens()).isEqualTo(16_384);
        assertThat(sizing.notes()).singleElement().asString().contains("the context is 16384 tokens, not the 32768");
        assertThat(sizing.plan().sequences(16_384)).isEqualTo(1);
    }

    @Test
    void aContextThatWasAskedForIsHeldOrRefused() {
        Sizing held = Sizing.of(mistral(0, 32_768), asked(Setting.CONTEXT, "32768"), 8 * GIB);
        assertThat(held.engine().contextTokens()).isEqualTo(32_768);
        assertThat(held.plan().sequences(32_768)).isEqualTo(1);
        assertThatThrownBy(() -> Sizing.of(mistral(0, 32_768), asked(Setting.CONTEXT, "32768"), 7 * GIB))
                .isInstanceOf(UsageException.class)
                .hasMessage(
                        "--context 32768 needs 4.0 GiB of cache for one sequence, but half of the memory is 3.5 GiB:"
                                + " lower the context, give the cache more memory, or give the model a --window");
    }

    @Test
    void aWindowMakesTheContextCheap() {
        Sizing sizing = Sizing.of(mistral(4096, 32_768), asked(Setting.CONTEXT, "1000000"), 8 * GIB);
        assertThat(sizing.engine().contextTokens()).isEqualTo(1_000_000);
        assertThat(sizing.plan().sequenceBytes(1_000_000)).isLessThan(GIB);
        assertThat(sizing.notes()).singleElement().asString().contains("more than the 32768");
    }

    @Test
    void aCacheForNothingIsRefused() {
        assertThatThrownBy(() -> Sizing.of(mistral(0, 32_768), asked(Setting.CACHE_MEMORY, "16MiB"), 8 * GIB))
                .isInstanceOf(UsageException.class)
                .hasMessage("a cache of 16.0 MiB holds not even 256 tokens of this model; give --cache-memory more");
    }
}
