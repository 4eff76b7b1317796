package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Mappings;
import dev.tramontane.fixtures.SafetensorsWriter;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import dev.tramontane.weights.ModelFileException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Directories that lie, lack something or hold what is not computed: each is refused with one line. */
final class ModelDirectoryHostileTest {
    private static final TinyModel TINY = new TinyModel(2, 0, 4096, DType.F32, false, 1);

    @TempDir
    Path directory;

    /** Changes a directory. */
    @FunctionalInterface
    interface Change {
        void in(Path directory) throws IOException;
    }

    /**
     * A lie and what the refusal must say.
     *
     * @param mistrals whether it is told in Mistral's own layout
     */
    record Lie(String title, boolean mistrals, Change change, String... said) {
        @Override
        public String toString() {
            return (mistrals ? "params.json: " : "config.json: ") + title;
        }
    }

    /** A lie in config.json. */
    private static Lie config(String title, String json, String... said) {
        return new Lie(title, false, dir -> merge(dir.resolve("config.json"), json), said);
    }

    /** A lie in params.json. */
    private static Lie params(String title, String json, String... said) {
        return new Lie(title, true, dir -> merge(dir.resolve("params.json"), json), said);
    }

    private static Lie file(String title, Change change, String... said) {
        return new Lie(title, false, change, said);
    }

    static Stream<Lie> configs() {
        String fp8 =
                "{\"quantization_config\": {\"quant_method\": \"compressed-tensors\", \"format\": \"float-quantized\","
                        + " \"config_groups\": {\"g\": {\"weights\": %s}}}}";
        return Stream.of(
                config(
                        "no architecture",
                        "{\"architectures\": null}",
                        "\"architectures\" is null",
                        "MistralForCausalLM"),
                config("two architectures", "{\"architectures\": [\"A\", \"B\"]}", "is a list of 2"),
                config(
                        "architecture as a word",
                        "{\"architectures\": \"MistralForCausalLM\"}",
                        "\"architectures\" is \"Mis"),
                config("foreign", "{\"architectures\": [\"Qwen2ForCausalLM\"]}", "\"Qwen2ForCausalLM\" is not known"),
                config(
                        "Ministral 3 without head size",
                        "{\"architectures\": [\"Ministral3ForCausalLM\"]}",
                        "there is no \"head_dim\""),
                config(
                        "latent attention",
                        "{\"architectures\": [\"Mistral4ForCausalLM\"]}",
                        "the architecture \"Mistral4ForCausalLM\" is not computed: the model needs multi-head latent"
                                + " attention (MLA)"),
                config(
                        "images with latent attention",
                        "{\"architectures\": [\"Mistral3ForConditionalGeneration\"], \"text_config\": {\"model_type\":"
                                + " \"mistral4\"}}",
                        "the text part is a \"mistral4\": the model needs multi-head latent attention (MLA)"),
                config(
                        "images without text",
                        "{\"architectures\": [\"Mistral3ForConditionalGeneration\"]}",
                        "there is no \"text_config\""),
                config(
                        "images with another text part",
                        "{\"architectures\": [\"Mistral3ForConditionalGeneration\"], \"text_config\": {\"model_type\":"
                                + " \"qwen3\"}}",
                        "the text part is a \"qwen3\", which is not known, expected mistral or ministral3"),
                config("no layers", "{\"num_hidden_layers\": null}", "there is no \"num_hidden_layers\""),
                config(
                        "layers as text",
                        "{\"num_hidden_layers\": \"2\"}",
                        "\"num_hidden_layers\" is \"2\", expected an integer"),
                config(
                        "layers as half",
                        "{\"num_hidden_layers\": 1.5}",
                        "\"num_hidden_layers\" is 1.5, expected an integer"),
                config("0 layers", "{\"num_hidden_layers\": 0}", "a value from 1 to 1024"),
                config("2^40 layers", "{\"num_hidden_layers\": 1099511627776}", "a value from 1 to 1024"),
                config(
                        "a layer too many",
                        "{\"num_hidden_layers\": 3}",
                        "no tensor \"model.layers.2.input_layernorm.weight\""),
                config(
                        "a layer too few",
                        "{\"num_hidden_layers\": 1}",
                        "model.layers.1.",
                        "has no place in the 1 layers"),
                config("width of 60", "{\"hidden_size\": 60}", "a multiple of 8"),
                config(
                        "other width",
                        "{\"hidden_size\": 128}",
                        "model.embed_tokens.weight",
                        "[317, 128] by the configuration"),
                config(
                        "other ffn",
                        "{\"intermediate_size\": 64}",
                        "mlp.gate_proj.weight",
                        "has the shape [128, 64], expected [64, 64]"),
                config("no heads", "{\"num_attention_heads\": 0}", "num_attention_heads"),
                config(
                        "heads that don't divide",
                        "{\"num_attention_heads\": 6}",
                        "a divisor of the embedding length 64"),
                config("kv heads that don't divide", "{\"num_key_value_heads\": 3}", "a divisor of the 4 query heads"),
                config(
                        "kv heads not mentioned",
                        "{\"num_key_value_heads\": \"-\"}",
                        "there is no \"num_key_value_heads\""),
                config("odd heads", "{\"head_dim\": 15}", "an even number up to 512"),
                config("huge heads", "{\"head_dim\": 100000}", "head_dim"),
                config(
                        "other heads",
                        "{\"head_dim\": 32}",
                        "self_attn.q_proj.weight",
                        "[128, 64] by the configuration"),
                config("other vocabulary", "{\"vocab_size\": 318}", "\"vocab_size\" has the value 318", "the 317 rows"),
                config("epsilon of 0", "{\"rms_norm_eps\": 0}", "rms_norm_eps", "above 0"),
                config("epsilon as text", "{\"rms_norm_eps\": \"1e-5\"}", "rms_norm_eps", "expected a number"),
                config("theta below 0", "{\"rope_theta\": -1.0}", "rope_theta", "above 0"),
                config("theta beyond floats", "{\"rope_theta\": 1e300}", "rope_theta", "above 0"),
                config("no context", "{\"max_position_embeddings\": null}", "there is no \"max_position_embeddings\""),
                config("biases", "{\"attention_bias\": true}", "\"attention_bias\" is true"),
                config("more biases", "{\"mlp_bias\": true}", "\"mlp_bias\" is true"),
                config("another order of rotation", "{\"rope_interleaved\": true}", "\"rope_interleaved\" is true"),
                config(
                        "linear by almost nothing",
                        "{\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 1e-300}}",
                        "a number above 0"),
                config("another activation", "{\"hidden_act\": \"gelu\"}", "the activation \"gelu\" is not computed"),
                config("capped logits", "{\"final_logit_softcapping\": 30.0}", "final_logit_softcapping", "30.0"),
                config("yarn", "{\"rope_scaling\": {\"type\": \"yarn\"}}", "there is no \"rope_scaling.factor\""),
                config(
                        "yarn backwards",
                        "{\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0, \"beta_fast\": 1, \"beta_slow\": 32}}",
                        "\"rope_scaling.beta_fast\" has the value 1.0, expected at least \"rope_scaling.beta_slow\""),
                config(
                        "yarn of nothing",
                        "{\"rope_scaling\": {\"type\": \"yarn\", \"factor\": -4.0}}",
                        "\"rope_scaling.factor\" has the value -4.0"),
                config(
                        "yarn of one frequency",
                        "{\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0, \"rope_theta\": 1.0}}",
                        "frequencies of the base 1.0"),
                config(
                        "yarn within no turn",
                        "{\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0, \"rope_theta\": 1.1,"
                                + " \"original_max_position_embeddings\": 1000000000}}",
                        "\"rope_scaling.original_max_position_embeddings\" has the value 1000000000"),
                config(
                        "no magnitude",
                        "{\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0, \"attention_factor\": 0}}",
                        "\"rope_scaling.attention_factor\" has the value 0.0"),
                config(
                        "a magnitude below nothing",
                        "{\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0, \"mscale\": -100,"
                                + " \"mscale_all_dim\": 1}}",
                        "\"rope_scaling.mscale\" has the value -"),
                config("longrope", "{\"rope_parameters\": {\"rope_type\": \"longrope\"}}", "\"longrope\""),
                config("dynamic", "{\"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 2.0}}", "\"dynamic\""),
                config(
                        "linear by nothing",
                        "{\"rope_scaling\": {\"rope_type\": \"linear\"}}",
                        "there is no \"rope_scaling.factor\""),
                config(
                        "linear by 0",
                        "{\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 0}}",
                        "\"rope_scaling.factor\" has the value 0.0"),
                config(
                        "llama3 upside down",
                        "{\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4,"
                                + " \"high_freq_factor\": 1}}",
                        "high_freq_factor",
                        "a number above low_freq_factor, 4.0"),
                config(
                        "part of a head rotated",
                        "{\"partial_rotary_factor\": 0.5}",
                        "\"partial_rotary_factor\" is 0.5"),
                config(
                        "queries by position",
                        "{\"rope_parameters\": {\"llama_4_scaling_beta\": 0.1}}",
                        "queries are scaled by position (\"rope_parameters.llama_4_scaling_beta\"), which is computed"
                                + " of Ministral 3 only"),
                config(
                        "queries by no position",
                        "{\"architectures\": [\"Ministral3ForCausalLM\"], \"head_dim\": 16, \"rope_parameters\":"
                                + " {\"rope_type\": \"default\", \"llama_4_scaling_beta\": 0.1}}",
                        "there is no \"rope_parameters.original_max_position_embeddings\""),
                config(
                        "queries that shrink",
                        "{\"architectures\": [\"Ministral3ForCausalLM\"], \"head_dim\": 16, \"rope_parameters\":"
                                + " {\"original_max_position_embeddings\": 16, \"llama_4_scaling_beta\": -0.1}}",
                        "\"rope_parameters.llama_4_scaling_beta\" has the value -0.1"),
                config(
                        "rotations by kind of layer",
                        "{\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 1.0}, \"sliding_attention\":"
                                + " {\"rope_theta\": 2.0}}}",
                        "layers differ"),
                config(
                        "rope as a list",
                        "{\"rope_parameters\": [1]}",
                        "\"rope_parameters\" is a list of 1, expected an object"),
                config("window of 0", "{\"sliding_window\": 0}", "\"sliding_window\" is 0, expected a value from 1"),
                config("window as text", "{\"sliding_window\": \"4096\"}", "sliding_window"),
                config(
                        "Llama with a window",
                        "{\"architectures\": [\"LlamaForCausalLM\"], \"sliding_window\": 16}",
                        "LlamaForCausalLM has no windows",
                        "--window 16"),
                config("kinds of too few layers", "{\"layer_types\": [\"full_attention\"]}", "1 values", "2 layers"),
                config(
                        "unknown kind of layer",
                        "{\"layer_types\": [\"full_attention\", \"chunked_attention\"]}",
                        "\"chunked_attention\", which this version does not compute"),
                config(
                        "windowed layers without a window",
                        "{\"layer_types\": [\"full_attention\", \"sliding_attention\"]}",
                        "\"sliding_window\" has no value"),
                config(
                        "windows below a layer",
                        "{\"sliding_window\": 8, \"max_window_layers\": 1}",
                        "stands without \"use_sliding_window\""),
                config(
                        "experts without number",
                        "{\"architectures\": [\"MixtralForCausalLM\"]}",
                        "there is no \"num_local_experts\""),
                config(
                        "more experts used",
                        "{\"architectures\": [\"MixtralForCausalLM\"], \"num_local_experts\": 2,"
                                + " \"num_experts_per_tok\": 3}",
                        "at most the 2 experts"),
                config(
                        "experts that are not there",
                        "{\"architectures\": [\"MixtralForCausalLM\"], \"num_local_experts\": 2,"
                                + " \"num_experts_per_tok\": 1}",
                        "block_sparse_moe.gate.weight"),
                config(
                        "GPTQ",
                        "{\"quantization_config\": {\"quant_method\": \"gptq\", \"bits\": 4}}",
                        "quantised with GPTQ",
                        "--quantize"),
                config("AWQ", "{\"quantization_config\": {\"quant_method\": \"awq\"}}", "quantised with AWQ", "GGUF"),
                config(
                        "bitsandbytes",
                        "{\"quantization_config\": {\"quant_method\": \"bitsandbytes\"}}",
                        "quantised with bitsandbytes"),
                config(
                        "an unknown method",
                        "{\"quantization_config\": {\"quant_method\": \"quip\"}}",
                        "by the method \"quip\""),
                config(
                        "FP8 by block",
                        "{\"quantization_config\": {\"quant_method\": \"fp8\", \"weight_block_size\": [128, 128]}}",
                        "scales by block",
                        "weight_block_size"),
                config(
                        "FP8 of the other kind",
                        "{\"quantization_config\": {\"quant_method\": \"fp8\", \"fmt\": \"e5m2\"}}",
                        "\"e5m2\""),
                config(
                        "integers",
                        "{\"quantization_config\": {\"quant_method\": \"compressed-tensors\", \"format\":"
                                + " \"int-quantized\"}}",
                        "\"int-quantized\""),
                config("compressed by block", String.format(fp8, "{\"strategy\": \"block\"}"), "scales by block"),
                config("compressed by group", String.format(fp8, "{\"strategy\": \"group\"}"), "scaled by \"group\""),
                config("4 bits", String.format(fp8, "{\"num_bits\": 4}"), "of 4 bits"),
                config(
                        "no groups",
                        "{\"quantization_config\": {\"quant_method\": \"compressed-tensors\", \"format\":"
                                + " \"float-quantized\"}}",
                        "config_groups"),
                config("an end beyond the vocabulary", "{\"eos_token_id\": 317}", "\"eos_token_id\" has the value 317"),
                config("ends as text", "{\"eos_token_id\": \"</s>\"}", "eos_token_id", "expected an integer"));
    }

    static Stream<Lie> params() {
        return Stream.of(
                params("no width", "{\"dim\": null}", "there is no \"dim\""),
                params("no head size", "{\"head_dim\": null}", "there is no \"head_dim\""),
                params("no kv heads", "{\"n_kv_heads\": null}", "there is no \"n_kv_heads\""),
                params("no vocabulary", "{\"vocab_size\": null}", "there is no \"vocab_size\""),
                params("no epsilon", "{\"norm_eps\": null}", "there is no \"norm_eps\""),
                params("a layer too many", "{\"n_layers\": 3}", "no tensor \"layers.2.attention_norm.weight\""),
                params("a state-space model", "{\"model_type\": \"mamba\"}", "the model is a \"mamba\""),
                params("yarn", "{\"yarn\": {\"factor\": 8}}", "there is no \"yarn.original_max_position_embeddings\""),
                params(
                        "yarn of another kind",
                        "{\"yarn\": {\"factor\": 8, \"original_max_position_embeddings\": 16, \"gamma\": 1}}",
                        "\"yarn.gamma\" is not known, and may change what is computed"),
                params(
                        "yarn backwards",
                        "{\"yarn\": {\"factor\": 8, \"original_max_position_embeddings\": 16, \"beta\": 1, \"alpha\": 2}}",
                        "\"yarn.beta\" has the value 1.0"),
                params(
                        "queries by position",
                        "{\"llama_4_scaling\": {\"beta\": 0.1}}",
                        "there is no \"llama_4_scaling.original_max_position_embeddings\""),
                params(
                        "queries by another rule",
                        "{\"llama_4_scaling\": {\"beta\": 0.1, \"original_max_position_embeddings\": 16, \"offset\": 1}}",
                        "\"llama_4_scaling.offset\" is not known"),
                params(
                        "latent attention",
                        "{\"q_lora_rank\": null, \"kv_lora_rank\": 256}",
                        "\"kv_lora_rank\" is there: the model needs multi-head latent attention (MLA)"),
                params(
                        "windows that don't divide",
                        "{\"sliding_window\": [8, 8, 8]}",
                        "3 values",
                        "divides the 2 layers"),
                params("no windows in a list", "{\"sliding_window\": []}", "0 values"),
                params(
                        "nine windows",
                        "{\"n_layers\": 9, \"sliding_window\": [1, 2, 3, 4, 5, 6, 7, 8, 9]}",
                        "the layers have 9 different windows, expected at most 8"),
                params("windows as text", "{\"sliding_window\": [\"8\", null]}", "a value of \"8\""),
                params(
                        "experts that are not there",
                        "{\"moe\": {\"num_experts\": 2, \"num_experts_per_tok\": 1}}",
                        "layers.0.feed_forward.gate.weight"),
                params("experts, none used", "{\"moe\": {\"num_experts\": 2}}", "moe.num_experts_per_tok"),
                params(
                        "shared experts",
                        "{\"moe\": {\"num_experts\": 2, \"num_experts_per_tok\": 1, \"num_shared_experts\": 1}}",
                        "every token uses"),
                params("moe as a number", "{\"moe\": 8}", "\"moe\" is 8, expected an object"),
                params(
                        "another quantisation",
                        "{\"quantization\": {\"qformat_weight\": \"int4\"}}",
                        "the weights are in \"int4\""),
                params(
                        "tied and untied",
                        "{\"tied_embeddings\": \"yes\"}",
                        "\"tied_embeddings\" is \"yes\", expected true or false"));
    }

    static Stream<Lie> files() {
        return Stream.of(
                file(
                        "cut config",
                        dir -> Files.writeString(dir.resolve("config.json"), "{\"architectures\": ["),
                        "config.json",
                        "not valid JSON"),
                file(
                        "a list",
                        dir -> Files.writeString(dir.resolve("config.json"), "[1]"),
                        "must be a JSON object, got an array"),
                file(
                        "a name twice",
                        dir -> Files.writeString(dir.resolve("config.json"), "{\"a\": 1, \"a\": 2}"),
                        "comes twice"),
                file(
                        "config in Latin-1",
                        dir -> Files.write(dir.resolve("config.json"), new byte[] {'{', (byte) 0xe9, '}'}),
                        "not valid UTF-8"),
                file(
                        "a config of 5 MiB",
                        dir -> Files.writeString(dir.resolve("config.json"), "{}" + " ".repeat(5 << 20)),
                        "more than 4194304 bytes"),
                file(
                        "config is a directory",
                        dir -> {
                            Files.delete(dir.resolve("config.json"));
                            Files.createDirectory(dir.resolve("config.json"));
                        },
                        "this is no file"),
                file(
                        "config is a link to nowhere",
                        dir -> {
                            Files.delete(dir.resolve("config.json"));
                            Files.createSymbolicLink(dir.resolve("config.json"), Path.of("elsewhere"));
                        },
                        "the link leads nowhere"),
                file("no config", dir -> Files.delete(dir.resolve("config.json")), "but no config.json"),
                file("no weights", dir -> Files.delete(dir.resolve("model.safetensors")), "config.json"),
                file("nothing", ModelDirectoryHostileTest::empty, "the directory is empty"),
                file("cut weights", dir -> cut(dir.resolve("model.safetensors")), "model.safetensors", "cut short"),
                file("no tokenizer", dir -> Files.delete(dir.resolve("tokenizer.model.v3")), "there is no tokenizer"),
                file(
                        "a tokenizer of nothing",
                        dir -> Files.write(dir.resolve("tokenizer.model.v3"), new byte[0]),
                        "tokenizer.model.v3",
                        "the tokenizer is not sound"),
                file(
                        "another version",
                        dir -> Files.move(dir.resolve("tokenizer.model.v3"), dir.resolve("tokenizer.model.v99")),
                        "no version of Mistral's layouts"),
                file(
                        "ends of another vocabulary",
                        dir -> Files.writeString(
                                dir.resolve("generation_config.json"), "{\"eos_token_id\": [-1, 317]}"),
                        "generation_config.json",
                        "\"eos_token_id\" has the value -1"),
                file(
                        "a template of nothing",
                        dir -> Files.write(dir.resolve("chat_template.jinja"), new byte[] {(byte) 0xff}),
                        "chat_template.jinja",
                        "not valid UTF-8"),
                file(
                        "templates without a default",
                        dir -> Files.writeString(
                                dir.resolve("tokenizer_config.json"),
                                "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"x\"}]}"),
                        "no template called \"default\""),
                file(
                        "templates that are none",
                        dir -> Files.writeString(dir.resolve("tokenizer_config.json"), "{\"chat_template\": [7]}"),
                        "\"chat_template\" is 7"),
                file(
                        "a special token that is none",
                        dir -> Files.writeString(dir.resolve("tokenizer_config.json"), "{\"eos_token\": [1]}"),
                        "\"eos_token\" is a list of 1"),
                weights(
                        "a bias",
                        w -> w.floats("model.layers.0.self_attn.q_proj.bias", new long[] {1}, 1f),
                        "q_proj.bias",
                        "has no place"),
                weights(
                        "integers",
                        w -> w.tensor("model.embed_tokens.weight", "I8", new long[] {317, 64}, new byte[317 * 64]),
                        "model.embed_tokens.weight\" is I8"),
                weights(
                        "an embedding of one dimension",
                        w -> w.floats("model.embed_tokens.weight", new long[] {1}, 1f),
                        "has the shape [1], expected [tokens, width]"),
                weights(
                        "no embedding",
                        w -> w.floats("x", new long[] {1}, 1f),
                        "no tensor \"model.embed_tokens.weight\""),
                file(
                        "no own layout",
                        dir -> Files.move(dir.resolve("model.safetensors"), dir.resolve("consolidated.safetensors")),
                        "consolidated.safetensors, but no params.json"));
    }

    /** A model of one tensor. */
    private static Lie weights(String title, Consumer<SafetensorsWriter> tensor, String... said) {
        return file(
                title,
                dir -> {
                    SafetensorsWriter writer = new SafetensorsWriter();
                    tensor.accept(writer);
                    if (title.equals("a bias")) {
                        Path other = Files.createDirectories(dir.resolve("other"));
                        TinyDirectory.huggingFace(TINY, other, 2);
                        Files.move(
                                other.resolve("model-00001-of-00002.safetensors"),
                                dir.resolve("model-00001-of-00002.safetensors"));
                        Files.move(
                                other.resolve("model-00002-of-00002.safetensors"),
                                dir.resolve("model-00002-of-00002.safetensors"));
                        JsonObject index =
                                new JsonObject(Files.readString(other.resolve("model.safetensors.index.json")));
                        index.getJsonObject("weight_map")
                                .put("model.layers.0.self_attn.q_proj.bias", "model-extra.safetensors");
                        Files.writeString(dir.resolve("model.safetensors.index.json"), index.encode());
                        Files.delete(dir.resolve("model.safetensors"));
                        writer.writeTo(dir.resolve("model-extra.safetensors"));
                    } else {
                        writer.writeTo(dir.resolve("model.safetensors"));
                    }
                },
                said);
    }

    @ParameterizedTest
    @MethodSource({"configs", "params", "files"})
    void refusesALieInOneLine(Lie lie) throws IOException {
        Path model = directory.resolve("model");
        if (lie.mistrals()) {
            TinyDirectory.mistral(TINY, model);
        } else {
            TinyDirectory.huggingFace(TINY, model, 1);
        }
        use(model);
        lie.change().in(model);
        assertThatThrownBy(() -> use(model))
                .isInstanceOf(ModelFileException.class)
                .message()
                .startsWith(model.toString())
                .contains(lie.said())
                .doesNotContain("\n");
        assertThat(Mappings.under(directory)).as("files that stay mapped").isEmpty();
    }

    @Test
    void thereAreEnoughOfThem() {
        assertThat(Stream.of(configs(), params(), files()).flatMap(lies -> lies).count())
                .isGreaterThan(100);
    }

    /** Everything that is read before the kernels get to see the model. */
    static void use(Path path) {
        try (ModelSource source = ModelSource.open(path)) {
            int vocabulary = source.plan(OptionalInt.empty()).geometry().vocabulary();
            source.facts();
            source.files();
            source.stored();
            source.metadata();
            source.tokenizer().build();
            source.eosIds(vocabulary);
            source.chat();
        }
    }

    private static void merge(Path file, String json) throws IOException {
        JsonObject object = new JsonObject(Files.readString(file)).mergeIn(new JsonObject(json));
        for (String key : List.copyOf(object.fieldNames())) {
            if ("-".equals(object.getValue(key))) {
                object.remove(key);
            }
        }
        Files.writeString(file, object.encode());
    }

    private static void empty(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    private static void cut(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
    }
}
