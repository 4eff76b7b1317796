package dev.tramontane.source;

import dev.tramontane.fixtures.Mutations;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Broken hyperparameters are read or refused with one line, whatever is broken; nothing else happens. */
final class ModelFilesFuzzTest {
    private static final TinyModel TINY = new TinyModel(1, 8, 64, DType.BF16, true, 1);
    private static final int INPUTS = 1500;

    private static final String CONFIG = """
        {"architectures": ["%s"], "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 64,
         "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "sliding_window": 8, "tie_word_embeddings": true,
         "vocab_size": 317, "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": [2, 3], %s}
        """;

    private static final String LLAMA3 = """
        "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 32}, "layer_types": ["sliding_attention"]\
        """;

    private static final String FP8 = """
        "rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0}, "quantization_config":
         {"quant_method": "compressed-tensors", "format": "float-quantized", "ignore": ["lm_head"], "config_groups":
         {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}}}}\
        """;

    private static final String YARN = """
        "rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 10000.0, "beta_fast": 32.0, "beta_slow": 1.0,
         "original_max_position_embeddings": 16, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1,
         "attention_factor": 1.1, "truncate": false}\
        """;

    private static final String STRETCHED_PARAMS = """
        {"dim": 64, "n_layers": 1, "head_dim": 16, "hidden_dim": 128, "n_heads": 4, "n_kv_heads": 2, "norm_eps": 1e-05,
         "vocab_size": 317, "rope_theta": 10000.0, "tied_embeddings": true, "kv_lora_rank": null,
         "yarn": {"factor": 4, "original_max_position_embeddings": 16, "beta": 32, "alpha": 1, "apply_scale": true},
         "llama_4_scaling": {"beta": 0.1, "original_max_position_embeddings": 16}}
        """;

    private static final String PARAMS = """
        {"dim": 64, "n_layers": 1, "head_dim": 16, "hidden_dim": 128, "n_heads": 4, "n_kv_heads": 2, "norm_eps": 1e-05,
         "vocab_size": 317, "rope_theta": 10000.0, "sliding_window": [8], "tied_embeddings": true,
         "quantization": {"qformat_weight": "fp8_e4m3", "qscheme_act": "TENSOR"}}
        """;

    private static final String GENERATION = """
        {"bos_token_id": 1, "eos_token_id": [2, 3], "temperature": 0.6, "top_p": 0.9, "top_k": 40, "do_sample": true}
        """;

    private static final String TOKENIZER_CONFIG = """
        {"add_bos_token": true, "bos_token": "<s>", "eos_token": {"content": "</s>", "special": true}, "unk_token": null,
         "chat_template": [{"name": "default", "template": "{{ x }}"}, {"name": "rag", "template": ""}]}
        """;

    @TempDir
    Path directory;

    @Test
    void config() throws IOException {
        Path model = TinyDirectory.huggingFace(TINY, directory, 1);
        fuzz(
                model.resolve("config.json"),
                String.format(CONFIG, "MistralForCausalLM", LLAMA3),
                String.format(CONFIG, "MinistralForCausalLM", FP8),
                String.format(CONFIG, "Ministral3ForCausalLM", YARN));
    }

    @Test
    void params() throws IOException {
        fuzz(TinyDirectory.mistral(TINY, directory).resolve("params.json"), PARAMS, STRETCHED_PARAMS);
    }

    @Test
    void generationConfig() throws IOException {
        Path model = TinyDirectory.huggingFace(TINY, directory, 1);
        fuzz(model.resolve("generation_config.json"), GENERATION);
    }

    @Test
    void tokenizerConfig() throws IOException {
        Path model = TinyDirectory.huggingFace(TINY, directory, 1);
        fuzz(model.resolve("tokenizer_config.json"), TOKENIZER_CONFIG);
    }

    private void fuzz(Path file, String... sound) {
        List<String> words = new ArrayList<>(Mutations.jsonWords());
        words.addAll(List.of("yarn", "gptq", "MixtralForCausalLM", "full_attention", "1e-300", "4294967296", "NaN"));
        Mutations.ofText(List.of(sound), words, ModelFileException.class).run(INPUTS, bytes -> {
            Files.write(file, bytes);
            ModelDirectoryHostileTest.use(directory);
        });
    }
}
