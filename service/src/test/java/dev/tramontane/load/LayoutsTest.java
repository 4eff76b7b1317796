package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.DType;
import dev.tramontane.source.DirectorySource;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.SourceFact;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same weights give the same bits in whatever files they come. */
@Tag("backends")
final class LayoutsTest {
    private static final int LENGTH = 40;

    @TempDir
    Path directory;

    static Stream<Arguments> models() {
        TinyModel plain = new TinyModel(2, 0, 4096, Kernels.matrices(), false, 5);
        return Kernels.backends()
                .flatMap(backend -> Stream.of(
                                plain,
                                plain.withWindow(9),
                                plain.withTiedOutput().withType(DType.BF16))
                        .map(model -> Arguments.of(backend, model)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void logitsAreTheSameBits(Backend backend, TinyModel model) throws IOException {
        List<Path> forms = new ArrayList<>();
        forms.add(model.writeTo(directory));
        forms.add(TinyDirectory.huggingFace(model, directory.resolve("whole"), 1));
        forms.add(TinyDirectory.huggingFace(model, directory.resolve("sharded"), 3));
        forms.add(TinyDirectory.mistral(model, directory.resolve("mistral")));
        forms.add(TinyDirectory.oldMistral(model, directory.resolve("old")));
        forms.add(model.splitTo(directory.resolve("split"), 3));
        float[] expected = logits(backend, forms.getFirst());
        for (Path form : forms) {
            assertThat(logits(backend, form)).as(form.toString()).isEqualTo(expected);
        }
        assertThat(expected).hasSize(LENGTH * TinyVocabulary.size()).doesNotContain(Float.NaN);
    }

    /** Where both layouts are there, Mistral's own is taken. */
    @Test
    void mistralsOwnFilesWin() throws IOException {
        TinyModel model = TinyModel.PLAIN.withWindow(24);
        Path both = TinyDirectory.huggingFace(model, directory.resolve("both"), 1);
        TinyDirectory.mistral(model, both);
        try (ModelSource source = ModelSource.open(both)) {
            assertThat(source).isInstanceOf(DirectorySource.class);
            assertThat(source.facts())
                    .extracting(SourceFact::text)
                    .contains(
                            "Mistral's own layout",
                            "its makers' own files, before the Hugging Face files that are there, too");
        }
    }

    private float[] logits(Backend backend, Path path) {
        LoadOptions options = new LoadOptions(backend, CpuLevel.AUTO, 1, OptionalInt.empty());
        try (LoadedModel loaded =
                LoadedModel.load(Kernels.library(), ModelSource.open(path), options, (done, total) -> {})) {
            int[] tokens = new Random(3).ints(LENGTH, 3, TinyDirectory.TOKENS).toArray();
            return SequenceLogits.of(loaded, tokens);
        }
    }
}
