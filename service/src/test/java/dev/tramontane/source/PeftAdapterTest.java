package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Damage;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read of PEFT's adapters and what is refused, by name and in a line. */
final class PeftAdapterTest {
    private static final String TARGETS = "\"target_modules\": [";

    @TempDir
    Path directory;

    private static ModelGeometry geometry(String base) {
        try (ModelSource source = ModelSource.open(Oracle.path("models/" + base))) {
            return source.plan(OptionalInt.empty()).geometry();
        }
    }

    private static final ModelGeometry GEOMETRY = geometry("mistral-window-16");

    private Path copy(String name) throws IOException {
        for (String file : new String[] {"adapter_config.json", "adapter_model.safetensors"}) {
            Files.copy(Oracle.path("adapters/" + name).resolve(file), directory.resolve(file));
        }
        return directory;
    }

    /** The configuration with a part of its text replaced. */
    private void change(String from, String to) throws IOException {
        Path config = directory.resolve("adapter_config.json");
        String text = Files.readString(config);
        assertThat(text).contains(from);
        Files.writeString(config, text.replace(from, to));
    }

    /** The weights with a part of their header replaced by as many characters. */
    private void rename(String from, String to) throws IOException {
        Path weights = directory.resolve("adapter_model.safetensors");
        String bytes = Files.readString(weights, StandardCharsets.ISO_8859_1);
        assertThat(bytes).contains(from);
        assertThat(to).hasSameSizeAs(from);
        Files.writeString(weights, bytes.replace(from, to), StandardCharsets.ISO_8859_1);
    }

    /** Somebody copied another one over its file, and then cut it. */
    @Test
    void whatWasWrittenOverIsNotWhatItWas() throws IOException {
        Path weights = copy("half").resolve("adapter_model.safetensors");
        try (PeftAdapter adapter = PeftAdapter.open(directory, GEOMETRY)) {
            assertThat(adapter.isUnchanged()).isTrue();
            Damage.lastByte(weights, 1);
            assertThat(adapter.isUnchanged()).isFalse();
            Damage.lastByte(weights, 1);
            assertThat(adapter.isUnchanged()).isTrue();
            try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
                file.setLength(0);
            }
            assertThat(adapter.isUnchanged()).isFalse();
        }
    }

    @Test
    void ranksAndScalesFollowThePatterns() {
        try (PeftAdapter adapter = PeftAdapter.open(Oracle.path("adapters/patterns"), GEOMETRY)) {
            assertThat(adapter.adapter().parts()).hasSize(8); // q, v, o and down of two layers
            for (Adapter.Part part : adapter.adapter().parts()) {
                int rank = switch (part.matrix()) {
                    case V -> 6;
                    case Q -> part.layer() == 1 ? 2 : 4;
                    default -> 4;
                };
                double alpha = part.matrix() == Adapter.Matrix.DOWN ? 9 : 6;
                assertThat(part.rank()).isEqualTo(rank);
                assertThat(part.scale()).isEqualTo((float) (alpha / Math.sqrt(rank)));
            }
            assertThat(adapter.adapter().rank()).isEqualTo(6);
        }
    }

    @Test
    void theDigestIsOfTheContent() throws IOException {
        copy("trained");
        String first = digest();
        change("\"lora_dropout\": 0.0", "\"lora_dropout\": 0.3");
        assertThat(digest()).isEqualTo(first);
        change("\"lora_alpha\": 16", "\"lora_alpha\": 17");
        assertThat(digest()).isNotEqualTo(first);
    }

    private String digest() {
        try (PeftAdapter adapter = PeftAdapter.open(directory, GEOMETRY)) {
            return adapter.adapter().digest();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"all-linear\"",
                "\".*proj\"",
                "\"model.layers.[01].(self_attn|mlp).(q|k|v|o|gate|up|down)_proj\"",
                "[\"q_proj\", \"k_proj\", \"v_proj\", \"self_attn.o_proj\", \"gate_proj\", \"up_proj\", \"down_proj\", \"x\"]"
            })
    void targetsAreResolvedAsPeftDoes(String targets) throws IOException {
        copy("trained");
        Path config = directory.resolve("adapter_config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replaceAll("(?s)\"target_modules\": \\[.*?]", "\"target_modules\": " + targets));
        assertThat(digest()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"use_dora\": false | \"use_dora\": true | \"use_dora\" is true, which is not computed here",
                "\"modules_to_save\": null | \"modules_to_save\": [\"lm_head\"] | \"modules_to_save\" is a list of 1",
                "\"lora_bias\": false | \"lora_bias\": true | \"lora_bias\" is true",
                "\"bias\": \"none\" | \"bias\": \"all\" | \"bias\" is \"all\"",
                "\"peft_type\": \"LORA\" | \"peft_type\": \"IA3\" | \"peft_type\" is \"IA3\"",
                "\"peft_type\": \"LORA\" | \"peft_type\": \"VERA\" | \"peft_type\" is \"VERA\"",
                "\"trainable_token_indices\": null | \"trainable_token_indices\": [1] | \"trainable_token_indices\" is",
                "\"layer_replication\": null | \"layer_replication\": [[0, 1]] | \"layer_replication\" is",
                "\"target_parameters\": null | \"target_parameters\": [\"x\"] | \"target_parameters\" is",
                "\"init_lora_weights\": true | \"init_lora_weights\": \"pissa_niter_4\" | which changes the base",
                "\"revision\": null | \"from_the_future\": true | \"from_the_future\" is true",
                "\"r\": 8 | \"r\": 513 | \"r\" is 513, expected a value from 1 to 512",
                "\"r\": 8 | \"r\": 7 | has the shape [8, 64], expected [7, 64]",
                "\"r\": 8 | \"r\": \"8\" | \"r\" is \"8\", expected an integer",
                "\"lora_alpha\": 16 | \"lora_alpha\": 1e400 | lora_alpha",
                "\"rank_pattern\": {} | \"rank_pattern\": {\"(\": 3} | is no expression that this version reads",
                "\"rank_pattern\": {} | \"rank_pattern\": {\"(.*.*.*.*.*)*x\": 3} | takes too long to match",
                "\"rank_pattern\": {} | \"rank_pattern\": {\"(?:(?:){200000}){200000}\": 3} | repeats too often",
                "\"rank_pattern\": {} | \"rank_pattern\": {\"(?:(?:){999}){999}\": 3} | repeats too often",
            })
    void whatIsNotComputedIsRefusedByName(String from, String to, String message) throws IOException {
        copy("trained");
        change(from, to);
        assertThatThrownBy(this::digest)
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining(message)
                .hasMessageContaining(directory.toString())
                .message()
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "layers.1.mlp.up_proj.lora_A | layers.9.mlp.up_proj.lora_A | is of layer 9, expected layers below 2",
                "layers.1.mlp.up_proj.lora_A | layers.1.mlp.xx_proj.lora_A | is none of what is adapted here",
                "lora_A.weight | lora_m.weight | is none of what is adapted here",
                "\"F32\" | \"I32\" | is I32, expected F32, F16 or BF16",
                "self_attn.q_proj | self_attn.k_prox | is none of what is adapted here",
            })
    void tensorsThatAreNotOursAreRefused(String from, String to, String message) throws IOException {
        copy("trained");
        rename(from, to);
        assertThatThrownBy(this::digest).isInstanceOf(ModelFileException.class).hasMessageContaining(message);
    }

    @Test
    void anAdapterThatLacksAModuleIsNotWhole() throws IOException {
        copy("half");
        change(TARGETS, TARGETS + "\"v_proj\", ");
        assertThatThrownBy(this::digest)
                .hasMessageContaining("there is nothing of \"model.layers.0.self_attn.v_proj\"");
    }

    @Test
    void anAdapterOfAnotherBaseIsRefused() {
        assertThatThrownBy(() -> PeftAdapter.open(Oracle.path("adapters/half"), geometry("nemo-head-dim")))
                .hasMessageContaining("has the shape")
                .hasMessageContaining("take an adapter of this very base");
        assertThatThrownBy(() -> PeftAdapter.open(Oracle.path("adapters/trained"), geometry("mixtral-8")))
                .isInstanceOf(ModelFileException.class);
    }

    @Test
    void aDirectoryWithoutAnAdapterSaysWhatToGive() {
        assertThatThrownBy(() -> PeftAdapter.open(directory, GEOMETRY))
                .hasMessageContaining("there is no adapter_config.json");
    }
}
