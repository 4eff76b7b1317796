package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Quantised;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelException;
import dev.tramontane.source.GgufSource;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.weights.GgufFile;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("backends")
final class LoadedModelTest {
    @TempDir
    Path directory;

    static Stream<Arguments> backendsAndTypes() {
        return Kernels.backends()
                .flatMap(backend -> Stream.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0)
                        .filter(type -> type != DType.F32 || !backend.isDevice())
                        .map(type -> Arguments.of(backend, type)));
    }

    @ParameterizedTest
    @MethodSource("backendsAndTypes")
    void theEstimateIsWhatTheKernelsHold(Backend backend, DType type) throws IOException {
        for (TinyModel tiny : new TinyModel[] {TinyModel.PLAIN, TinyModel.PLAIN.withTiedOutput()}) {
            try (LoadedModel loaded = tiny.withType(type).load(directory, backend)) {
                ModelPlan plan = loaded.source().plan(OptionalInt.empty());
                MemoryEstimate estimate = MemoryEstimate.of(Kernels.library(), plan, backend);
                MemoryUse memory = loaded.memory();
                assertThat(estimate.inPlace()).isEqualTo(memory.weightsInPlace());
                assertThat(estimate.repacked()).isEqualTo(memory.weightsRepacked());
            }
        }
    }

    @Test
    void tellsWhatTheFileHolds() throws IOException {
        try (LoadedModel loaded = TinyModel.PLAIN.load(directory, Backend.REF)) {
            assertThat(loaded.geometry().name()).isEqualTo("Tiny");
            assertThat(loaded.tokenizer().size()).isEqualTo(TinyVocabulary.size());
            assertThat(loaded.tokenizer().endsGeneration(TinyVocabulary.TURN_END))
                    .isTrue();
            assertThat(loaded.chat().template()).hasValue(TinyVocabulary.CHAT_TEMPLATE);
        }
    }

    @Test
    void theWindowCanBeOverridden() throws IOException {
        ModelSource source = ModelSource.open(TinyModel.PLAIN.withWindow(24).writeTo(directory));
        LoadOptions options = LoadOptions.on(Backend.REF).withWindow(0);
        try (LoadedModel loaded = LoadedModel.load(Kernels.library(), source, options, (done, total) -> {})) {
            assertThat(loaded.geometry().groups().getFirst().window()).isZero();
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options.withWindow(-1))
                .withMessageContaining("window");
    }

    @Test
    void linearScalingIsFactorsThatAreAllTheSame() throws IOException {
        Map<String, Consumer<GgufWriter>> linear = TinyModel.PLAIN.parts();
        linear.put("f", gguf -> gguf.f32("llama.rope.scaling.factor", 2f));
        Map<String, Consumer<GgufWriter>> factors = TinyModel.PLAIN.parts();
        float[] twos = new float[8];
        Arrays.fill(twos, 2f);
        factors.put("f", gguf -> gguf.tensor("rope_freqs.weight", 0, new long[] {8}, Quantised.of(DType.F32, twos)));
        float[] plain = score(TinyModel.PLAIN.parts());
        assertThat(score(linear)).isEqualTo(score(factors)).isNotEqualTo(plain);
    }

    @Test
    void aFileThatCannotBeLoadedIsClosed() throws IOException {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        parts.put("tokenizer.ggml.pre", gguf -> gguf.string("tokenizer.ggml.pre", "unheard-of"));
        GgufFile file = GgufFile.open(TinyModel.assemble(parts).writeTo(directory.resolve("bad.gguf")));
        ModelSource source = GgufSource.of(file);
        var data = file.tensor("output.weight").data();
        assertThat(data.scope().isAlive()).isTrue();
        assertThatThrownBy(() ->
                        LoadedModel.load(Kernels.library(), source, LoadOptions.on(Backend.REF), (done, total) -> {}))
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("unheard-of");
        assertThatThrownBy(() -> data.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatTheKernelsRefuseNamesIt() throws IOException {
        ModelSource source = ModelSource.open(TinyModel.PLAIN.writeTo(directory));
        LoadOptions emulated = new LoadOptions(Backend.EMU, CpuLevel.AUTO, 0, OptionalInt.empty());
        assertThatThrownBy(() -> LoadedModel.load(Kernels.library(), source, emulated, (done, total) -> {}))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("the emu backend");
    }

    private float[] score(Map<String, Consumer<GgufWriter>> parts) throws IOException {
        ModelSource source = ModelSource.open(TinyModel.assemble(parts).writeTo(directory.resolve("scaled.gguf")));
        try (LoadedModel loaded =
                LoadedModel.load(Kernels.library(), source, LoadOptions.on(Backend.REF), (done, total) -> {})) {
            int[] tokens = new Random(3).ints(30, 0, TinyVocabulary.size()).toArray();
            return new Lanes(loaded.model(), 16, 2, 1, 30, CacheType.F32, 1).run(0, tokens, 30);
        }
    }
}
