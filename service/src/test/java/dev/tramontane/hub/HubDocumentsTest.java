package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Mutations;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What hubs and the store's own files say, sound and not. */
class HubDocumentsTest {
    private static final String SUM = "0123456789abcdef".repeat(4);
    private static final String MODEL = Pulled.layer("model", SUM, 10);
    private static final String REPOSITORY = "{\"sha\":\"" + "a".repeat(40)
            + "\",\"cardData\":{\"license\":\"apache-2.0\"},\"siblings\":["
            + "{\"rfilename\":\"m.gguf\",\"size\":7,\"blobId\":\"" + "b".repeat(40) + "\",\"lfs\":{\"sha256\":\"" + SUM
            + "\",\"size\":7}},{\"rfilename\":\"../x\",\"size\":1},{\"rfilename\":\"config.json\",\"size\":3}]}";

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String manifest(String layers) {
        return "{\"schemaVersion\":2,\"layers\":[" + layers + "]}";
    }

    @Test
    void aManifestHasOneModel() {
        OllamaManifest read = OllamaManifest.read(
                utf8(manifest(String.join(
                        ",",
                        MODEL,
                        Pulled.layer("template", SUM, 1),
                        Pulled.layer("license", SUM, 2),
                        Pulled.layer("params", SUM, 3),
                        "{\"mediaType\":\"application/x-other\",\"digest\":\"sha256:" + SUM + "\",\"size\":1}"))),
                "it");
        assertThat(read.model()).isEqualTo(new OllamaManifest.Layer(SUM, 10));
        assertThat(read.licence()).contains(new OllamaManifest.Layer(SUM, 2));
        assertThat(read.unused()).containsExactly("template", "params", "a layer of another kind");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sha256:../../../../etc/passwd | 64 hexadecimal digits",
                "sha256-" + "/x | 64 hexadecimal digits",
                "../sha256:x | 64 hexadecimal digits",
                "md5:0 | 64 hexadecimal digits",
            })
    void aDigestIsNoPath(String digest, String words) {
        String layer = MODEL.replace("sha256:" + SUM, digest);
        assertThatThrownBy(() -> OllamaManifest.read(utf8(manifest(layer)), "it"))
                .isInstanceOf(HubException.class)
                .hasMessageContaining(words);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "template | there is no GGUF model in it",
                "model,model | there are several models in it",
                "model,adapter | loose tensors",
                "tensor | loose tensors",
            })
    void otherManifestsAreRefused(String layers, String words) {
        List<String> all = new ArrayList<>();
        for (String kind : layers.split(",", -1)) {
            all.add(Pulled.layer(kind, SUM, 1));
        }
        assertThatThrownBy(() -> OllamaManifest.read(utf8(manifest(String.join(",", all))), "the manifest of x"))
                .hasMessageStartingWith("the manifest of x is not as it must be: ")
                .hasMessageContaining(words);
    }

    @Test
    void aManifestIsSmall() {
        String layers = String.join(",", java.util.Collections.nCopies(300, Pulled.layer("params", SUM, 1)));
        assertThatThrownBy(() -> OllamaManifest.read(utf8(manifest(layers)), "it"))
                .hasMessageContaining("more than 256");
        String deep = "[".repeat(40) + "]".repeat(40);
        assertThatThrownBy(() -> OllamaManifest.read(utf8("{\"layers\":" + deep + "}"), "it"))
                .isInstanceOf(HubException.class);
    }

    @Test
    void manifestsAreReadOrRefused() {
        List<String> words = new ArrayList<>(Mutations.jsonWords());
        words.addAll(List.of("sha256:", SUM, "..", "\"application/vnd.ollama.image.model\""));
        Mutations.ofText(List.of(manifest(MODEL + "," + Pulled.layer("license", SUM, 4))), words, HubException.class)
                .run(
                        3_000,
                        input -> assertThat(
                                        OllamaManifest.read(input, "it").model().sha256())
                                .matches("[0-9a-f]{64}"));
    }

    @Test
    void aRepositoryHasTheFilesThatLeadDown() {
        HuggingFaceHub.Repository read =
                JsonDocument.read(utf8(REPOSITORY), "it", JsonDocument.REPOSITORY, HuggingFaceHub::repository);
        assertThat(read.licence()).isEqualTo("apache-2.0");
        assertThat(read.files()).containsOnlyKeys("m.gguf", "config.json");
        assertThat(read.files().get("m.gguf"))
                .isEqualTo(new HuggingFaceHub.Known(7, new Digest(Digest.Kind.SHA_256, SUM)));
        assertThat(read.files().get("config.json")).isEqualTo(new HuggingFaceHub.Known(3, null));
    }

    @Test
    void repositoriesAreReadOrRefused() {
        Mutations.ofText(List.of(REPOSITORY), Mutations.jsonWords(), HubException.class)
                .run(
                        3_000,
                        input -> JsonDocument.read(input, "it", JsonDocument.REPOSITORY, HuggingFaceHub::repository)
                                .files()
                                .keySet()
                                .forEach(path ->
                                        assertThat(SafePath.isSafe(path)).isTrue()));
    }

    @Test
    void recordsAreReadOrRefused() {
        ModelRecord record = new ModelRecord(
                References.parse("hf:a/b@v1"),
                "",
                List.of(new StoredFile("config.json", 3, SUM), new StoredFile("model.safetensors", 9, SUM)),
                "mit",
                "r");
        assertThat(ModelRecord.read(record.json(), "it")).isEqualTo(record);
        List<String> words = new ArrayList<>(Mutations.jsonWords());
        words.addAll(List.of("../../x", SUM, "hf:..", "\"entry\""));
        Mutations.ofText(List.of(new String(record.json(), StandardCharsets.UTF_8)), words, HubException.class)
                .run(
                        3_000,
                        input -> ModelRecord.read(input, "it")
                                .files()
                                .forEach(file -> assertThat(
                                                SafePath.isSafe(file.path()) && Digest.isSha256(file.sha256()))
                                        .isTrue()));
    }
}
