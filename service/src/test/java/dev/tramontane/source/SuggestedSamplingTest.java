package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** generation_config.json as vLLM reads it: six keys, from either layout of a directory. */
class SuggestedSamplingTest {
    @TempDir
    Path dir;

    private ModelSource source(String generation) throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, dir, 1);
        Files.writeString(model.resolve("generation_config.json"), generation);
        return ModelSource.open(model);
    }

    @Test
    void isRead() throws IOException {
        try (ModelSource source = source("""
            {"do_sample": false, "temperature": 0.15, "top_k": 40, "top_p": 0.95, "min_p": 0.02, "typical_p": 0.5,
             "repetition_penalty": 1.05, "max_new_tokens": 2048, "eos_token_id": 2}\
            """)) {
            assertThat(source.sampling())
                    .hasToString(
                            "temperature 0.15, top_k 40, top_p 0.95, min_p 0.02, repetition_penalty 1.05, max_tokens"
                                    + " 2048");
            assertThat(source.oddities(300)).isEmpty();
            assertThat(source.files()).anyMatch(file -> file.path().endsWith("generation_config.json"));
        }
    }

    @Test
    void isReadBesideMistralsOwnFiles() throws IOException {
        Path model = TinyDirectory.mistral(TinyModel.PLAIN, dir);
        Files.writeString(model.resolve("generation_config.json"), "{\"temperature\": 0.7}");
        try (ModelSource source = ModelSource.open(model)) {
            assertThat(source.sampling()).hasToString("temperature 0.7");
            assertThat(source.facts()).anyMatch(fact -> fact.label().equals("suggested sampling"));
            assertThat(source.metadata()).anyMatch(fact -> fact.label().equals("generation.temperature"));
        }
    }

    /** One file, one reading: what was read is what everybody hears, whatever becomes of the file. */
    @Test
    void isReadOnce() throws IOException {
        try (ModelSource source = source("{\"temperature\": 0.15, \"eos_token_id\": [2, 5]}")) {
            assertThat(source.eosIds(300)).contains(2, 5);
            Files.writeString(dir.resolve("generation_config.json"), "{");
            assertThat(source.sampling()).hasToString("temperature 0.15");
            assertThat(source.oddities(300)).isEmpty();
            assertThat(source.facts()).anyMatch(fact -> fact.text().equals("temperature 0.15"));
        }
    }

    @Test
    void whatSaysNothingIsNeutral() throws IOException {
        try (ModelSource source = source("{\"temperature\": null, \"top_k\": -1}")) {
            assertThat(source.sampling()).isEqualTo(SamplingDefaults.NEUTRAL);
            assertThat(source.oddities(300)).isEmpty();
        }
        Files.delete(dir.resolve("generation_config.json"));
        try (ModelSource source = ModelSource.open(dir)) {
            assertThat(source.sampling()).isEqualTo(SamplingDefaults.NEUTRAL);
        }
    }

    @Test
    void whatNoRequestMayHaveIsLeftAside() throws IOException {
        try (ModelSource source = source("""
            {"temperature": -1, "top_k": 1.5, "top_p": 1.1, "min_p": 2, "repetition_penalty": 1e30, "max_new_tokens": 0}\
            """)) {
            assertThat(source.sampling()).isEqualTo(SamplingDefaults.NEUTRAL);
            List<String> odd = source.oddities(300);
            assertThat(odd).hasSize(6).allMatch(line -> line.endsWith(", which no request may have; it is left aside"));
            assertThat(odd.getFirst()).contains("/generation_config.json: \"temperature\" is -1");
        }
    }

    @Test
    void whatIsNoNumberIsRefused() throws IOException {
        try (ModelSource source = source("{\"temperature\": \"hot\"}")) {
            assertThatThrownBy(source::sampling)
                    .isInstanceOf(ModelFileException.class)
                    .hasMessageContaining("\"temperature\" is \"hot\"");
        }
    }
}
