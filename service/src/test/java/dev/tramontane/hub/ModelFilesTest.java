package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.hub.Reference.HuggingFace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which files of a repository are the model. */
class ModelFilesTest {
    private static ModelFiles.Choice choose(String name, String... paths) {
        return ModelFiles.choose((HuggingFace) References.parse(name), List.of(paths), path -> " (1 GB)");
    }

    @Test
    void aSetWithWhatDescribesIt() {
        ModelFiles.Choice choice = choose(
                "hf:a/b",
                ".gitattributes",
                "README.md",
                "config.json",
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
                "original/consolidated.00.pth",
                "pytorch_model.bin",
                "tokenizer.json",
                "tokenizer_config.json");
        assertThat(choice.entry()).isEmpty();
        assertThat(choice.paths())
                .containsExactlyInAnyOrder(
                        "config.json",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "model.safetensors.index.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors");
    }

    /** As where a directory with both is opened: the weights come once. */
    @Test
    void theMakersOwnFormIsTaken() {
        assertThat(choose(
                                "hf:mistralai/x",
                                "config.json",
                                "consolidated.safetensors",
                                "model-00001-of-00001.safetensors",
                                "params.json",
                                "tekken.json")
                        .paths())
                .containsExactlyInAnyOrder("config.json", "params.json", "tekken.json", "consolidated.safetensors");
    }

    @Test
    void ofSeveralQuantisationsTheUsual() {
        String[] paths = {"m-Q2_K.gguf", "m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m-Q8_0.gguf", "mmproj-m-f16.gguf"};
        assertThat(choose("hf:a/b", paths).entry()).isEqualTo("m-Q4_K_M.gguf");
        assertThat(choose("hf:a/b:q8_0", paths).entry()).isEqualTo("m-Q8_0.gguf");
        assertThat(choose("hf:a/b/m-Q2_K.gguf", paths).paths()).containsExactly("m-Q2_K.gguf");
        assertThat(choose("hf:a/b", "only.gguf", "mmproj.gguf").entry()).isEqualTo("only.gguf");
        assertThatThrownBy(() -> choose("hf:a/b:IQ3_M", paths))
                .hasMessageContaining("none of IQ3_M: name one of hf:a/b/m-Q2_K.gguf (1 GB), hf:a/b/m-Q4_K_M.gguf")
                .hasMessageNotContaining("mmproj");
        assertThatThrownBy(() -> choose("hf:a/b", "m-Q2_K.gguf", "m-Q8_0.gguf"))
                .hasMessageStartingWith("a/b has several GGUF files and none of Q4_K_M");
        assertThatThrownBy(() -> choose("hf:a/b", "x/m-Q4_K_M.gguf", "y/m-Q4_K_M.gguf"))
                .hasMessageContaining("not only one of Q4_K_M");
    }

    @Test
    void aSplitFileComesWithItsParts() {
        List<String> paths = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            paths.add("big/m-Q4_K_M-0000" + i + "-of-00003.gguf");
        }
        String[] all = paths.toArray(String[]::new);
        assertThat(choose("hf:a/b", all)).isEqualTo(new ModelFiles.Choice(paths.getFirst(), paths));
        assertThat(choose("hf:a/b/" + paths.get(1), all).paths()).isEqualTo(paths);
        assertThatThrownBy(() -> choose("hf:a/b", paths.get(0), paths.get(2)))
                .hasMessageContaining("of the 3 parts of")
                .hasMessageContaining("only 2 are there");
    }

    @Test
    void whatIsNoModelIsSaid() {
        assertThatThrownBy(() -> choose("hf:a/b", "config.json", "pytorch_model.bin", "tokenizer.json"))
                .hasMessageContaining("are pickles, which are not read");
        assertThatThrownBy(() -> choose("hf:a/b", "config.json", "model.safetensors"))
                .hasMessageContaining("a tokenizer and safetensors files");
        assertThatThrownBy(() -> choose("hf:a/b/x.gguf@v2", "y.gguf")).hasMessage("a/b has no file x.gguf at v2");
        assertThatThrownBy(() -> choose("hf:a/b", "config.json", "tokenizer.json", "model-00001-of-00002.safetensors"))
                .hasMessageContaining("whole set");
    }
}
