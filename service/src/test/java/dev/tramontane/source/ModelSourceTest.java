package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lies at a path. */
final class ModelSourceTest {
    @TempDir
    Path directory;

    /** Ollama keeps GGUF files under the names of their digests. */
    @Test
    void aGgufFileNeedsNoEnding() throws IOException {
        Path blob = directory.resolve("sha256-6a0746a1ec1aef3e7ec53868f220ff6e389f6f8ef87a01d77c96807de94ca2aa");
        Files.move(TinyModel.PLAIN.writeTo(directory), blob);
        try (ModelSource source = ModelSource.open(blob)) {
            assertThat(source).isInstanceOf(GgufSource.class);
            assertThat(source.plan(OptionalInt.empty()).geometry().layers()).isEqualTo(3);
            assertThat(source.files()).containsExactly(new SourceFile(blob, Files.size(blob)));
        }
    }

    @Test
    void aDirectoryIsReachedThroughLinks() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, directory.resolve("blobs"), 2);
        Path snapshot = Files.createDirectories(directory.resolve("snapshot"));
        List<Path> files;
        try (Stream<Path> listed = Files.list(model)) {
            files = listed.toList();
        }
        for (Path file : files) {
            Files.createSymbolicLink(
                    snapshot.resolve(file.getFileName()), Path.of("..", "blobs").resolve(file.getFileName()));
        }
        Path link = Files.createSymbolicLink(directory.resolve("link"), snapshot);
        try (ModelSource source = ModelSource.open(link)) {
            assertThat(source).isInstanceOf(DirectorySource.class);
            assertThat(source.facts()).extracting(SourceFact::text).contains("Hugging Face directory");
            assertThat(source.files()).hasSize(4);
            assertThat(source.plan(OptionalInt.empty()).geometry().name()).isEqualTo("link");
        }
    }

    @Test
    void aSystemPromptBelongsToTheModel() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, directory.resolve("m"), 1);
        try (ModelSource source = ModelSource.open(model)) {
            assertThat(source.chat().systemPrompt()).isEmpty();
        }
        Path prompt = model.resolve("SYSTEM_PROMPT.txt");
        Files.writeString(prompt, "Think:[THINK]é[/THINK]");
        try (ModelSource source = ModelSource.open(model)) {
            assertThat(source.chat().systemPrompt()).contains("Think:[THINK]é[/THINK]");
            assertThat(source.files()).hasSize(4);
        }
        Files.write(prompt, new byte[] {(byte) 0xff});
        try (ModelSource source = ModelSource.open(model)) {
            assertThatThrownBy(source::chat)
                    .isInstanceOf(ModelFileException.class)
                    .hasMessageContaining("SYSTEM_PROMPT.txt");
        }
    }

    @Test
    void oneFileOfADirectoryIsNotTheModel() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, directory.resolve("m"), 1);
        for (String name : new String[] {"model.safetensors", "config.json", "tokenizer.model.v3"}) {
            assertThatThrownBy(() -> ModelSource.open(model.resolve(name)).close())
                    .isInstanceOf(ModelFileException.class)
                    .hasMessageStartingWith(model.resolve(name).toString())
                    .message()
                    .doesNotContain("\n");
        }
        assertThatThrownBy(() -> ModelSource.open(directory.resolve("absent")).close())
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("no such file");
    }

    @ParameterizedTest
    @CsvSource({
        "/m/Mistral-7B.Q4_K_M.gguf, Mistral-7B.Q4_K_M",
        "/m/Mistral.GGUF, Mistral",
        "/m/mistral-7b-v0.3, mistral-7b-v0.3",
        "/m/mistral-7b-v0.3/, mistral-7b-v0.3",
        "/m/x/.., m",
        "/c/models--mistralai--Mistral-7B-v0.1/snapshots/26bca36bde8333b5d7f72e9ed20ccda6a618af24,"
                + " mistralai/Mistral-7B-v0.1",
        "/c/snapshots/26bca36, 26bca36"
    })
    void peopleCallAModelByItsPath(String path, String name) {
        assertThat(ModelName.of(Path.of(path))).isEqualTo(name);
    }
}
