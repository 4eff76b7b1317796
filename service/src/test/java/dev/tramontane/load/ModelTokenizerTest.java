package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.model.StepBatch;
import dev.tramontane.source.ModelSource;
import dev.tramontane.tokenizer.TokenDecoder;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models whose embedding has more rows than the tokenizer has tokens, and files that name more ends. */
final class ModelTokenizerTest {
    private static final int PADDING = TinyDirectory.TOKENS;

    @TempDir
    Path directory;

    static Stream<Backend> backends() {
        return Kernels.backends();
    }

    @Test
    void rowsWithoutATokenAreNoText() throws IOException {
        try (LoadedModel loaded = load(Backend.REF)) {
            Tokenizer tokenizer = loaded.tokenizer();
            assertThat(tokenizer.size()).isEqualTo(TinyVocabulary.size());
            assertThat(tokenizer.isControl(PADDING)).isTrue();
            assertThat(tokenizer.bytes(PADDING)).isEmpty();
            assertThat(tokenizer.piece(PADDING)).isEmpty();
            assertThat(tokenizer.endsGeneration(PADDING)).isFalse();
            int[] ids = tokenizer.encode("a b");
            int[] padded = {ids[0], PADDING, ids[1], TinyVocabulary.size() - 1};
            assertThat(tokenizer.decode(padded)).isEqualTo(tokenizer.decode(new int[] {ids[0], ids[1]}));
            TokenDecoder decoder = tokenizer.decoder();
            assertThat(decoder.push(PADDING)).isEmpty();
            assertThat(decoder.finish()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void rowsWithoutATokenAreNeverDrawn(Backend backend) throws IOException {
        try (LoadedModel loaded = load(backend)) {
            Lanes lanes = new Lanes(loaded.model(), 16, 2, 1, 8, CacheType.F32, 1);
            Map<Integer, Float> bias = Map.of(PADDING, 100f, PADDING + 1, 100f);
            int[] request = new int[(TinyVocabulary.size() + 31) / 32];
            Arrays.fill(request, -1);
            request[0] = 0;
            Set<Integer> sampled = new HashSet<>();
            for (int seed = 0; seed < 64; seed++) {
                StepBatch batch = lanes.newBatch();
                if (seed == 0) {
                    lanes.place(0, batch);
                }
                batch.addSpan(0, 0);
                int row = batch.addRow(5);
                Sampling sampling = Sampling.NEUTRAL
                        .with(SamplingParameter.TEMPERATURE, 2)
                        .withBias(bias)
                        .withSeed(seed);
                batch.addDraw(row, 0, 1, sampling);
                batch.addDraw(row, 0, 1, sampling);
                batch.allow(request);
                lanes.run(batch);
                for (int sample = 0; sample < 2; sample++) {
                    assertThat(batch.resultStatus(sample)).isEqualTo(StepBatch.OK);
                    assertThat(batch.resultToken(sample)).isLessThan(PADDING);
                    sampled.add(batch.resultToken(sample));
                }
                assertThat(batch.resultToken(1)).isGreaterThanOrEqualTo(32);
            }
            assertThat(sampled).hasSizeGreaterThan(8);
        }
    }

    @Test
    void endsComeFromEveryFile() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, directory.resolve("m"), 1);
        Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": [7, 300]}");
        try (LoadedModel loaded = load(model, Backend.REF)) {
            Tokenizer tokenizer = loaded.tokenizer();
            assertThat(List.of(2, 7, 300)).allMatch(tokenizer::endsGeneration);
            assertThat(List.of(1, 3, 299, PADDING)).noneMatch(tokenizer::endsGeneration);
        }
    }

    @Test
    void moreTokensThanRowsAreRefused() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, directory.resolve("m"), 1);
        byte[] bytes = Files.readAllBytes(model.resolve("tokenizer.model.v3"));
        // Pieces are field 1 of the file: twenty more of them.
        byte[] more = new byte[bytes.length + 20 * 11];
        for (int i = 0; i < 20; i++) {
            byte[] piece = {0x0a, 9, 0x0a, 2, 'Z', (byte) ('A' + i), 0x15, 0, 0, (byte) (0x80 + i), (byte) 0xc7};
            System.arraycopy(piece, 0, more, i * 11 + bytes.length, 11);
        }
        System.arraycopy(bytes, 0, more, 0, bytes.length);
        Files.write(model.resolve("tokenizer.model.v3"), more);
        assertThatThrownBy(() -> load(model, Backend.REF).close())
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining(
                        "the tokenizer has 324 tokens, expected at most as many as the embedding has rows: 317");
    }

    private LoadedModel load(Backend backend) throws IOException {
        return load(
                TinyDirectory.mistral(TinyModel.PLAIN.withType(Kernels.matrices()), directory.resolve("m")), backend);
    }

    private static LoadedModel load(Path model, Backend backend) {
        return LoadedModel.load(
                Kernels.library(), ModelSource.open(model), LoadOptions.on(backend), (done, total) -> {});
    }
}
