package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.DType;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
    @TempDir
    Path dir;

    @Test
    void describesATinyModel() throws IOException {
        Path model = new TinyModel(3, 48, 4096, DType.Q8_0, true, 1).writeTo(dir);
        Outcome outcome = new CapturedProgram()
                .run("inspect", model.toString(), "--context", "1000", "--max-batch", "4", "--cache-memory", "4MiB");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        // C + W - 1 = 303 tokens are ten pages of 32 and one for the phase, of 3 layers * 2 * 2 heads * 16 * 32 * 2
        // bytes.
        assertThat(outcome.out())
                .startsWith("File\n  path                   " + model + "\n")
                .contains("\n  architecture           llama\n")
                .contains("\n  layers                 3\n")
                .contains("\n  heads                  4 query, 2 key/value, of 16\n")
                .contains("\n  output head            the embedding (tied)\n")
                .contains("\n  made for context       4,096\n")
                .contains("\n  attention window       48 tokens\n")
                .contains("\n  context                1,000 tokens of prompt and answer\n")
                .contains("\n  batch                  4 sequences, 256 tokens in a step\n")
                .contains("\n  cache per token        384 B (f16)\n")
                .contains("\n  cache per sequence     132 KiB at most\n")
                .contains(" 22 Q8_0 (")
                .doesNotContain("note");
    }

    @Test
    void saysHowAContextWasStretched() {
        String model = OracleModels.named("ministral3-magnitude-native").path().toString();
        Outcome outcome = new CapturedProgram().run("inspect", model);
        assertThat(outcome.out())
                .contains("\n  RoPE scaling           YaRN: 4 times 16 tokens, fast 4, slow 1\n")
                .contains("\n  RoPE magnitude         1.1386294 times, queries and keys\n")
                .contains("\n  attention temperature  queries times 1 + 0.5 ln(1 + floor(position / 16))\n");
    }

    @Test
    void saysWhatIsLeftAsideOfAnFp8Model() {
        Outcome outcome = new CapturedProgram()
                .run("inspect", OracleModels.named("devstral-fp8").path().toString());
        assertThat(outcome.out())
                .contains("\n  quantisation           FP8 (fp8)\n")
                .contains("\n  left out               the part for images\n")
                .contains("\n  left aside             14 scales of activations and caches: neither is FP8 here\n");
    }

    @Test
    void windowAndPrecisionChangeWhatItCosts() throws IOException {
        String model = TinyModel.PLAIN.writeTo(dir).toString();
        JsonObject full = json(model, "--context", "4096");
        JsonObject windowed = json(model, "--context", "4096", "--window", "64");
        JsonObject single = json(model, "--context", "4096", "--kv", "f32");
        JsonObject eightBit = json(model, "--context", "4096", "--kv", "fp8");
        assertThat(full.getInteger("cache_bytes_per_sequence")).isEqualTo(4096 * 384);
        // Half of it, and two bytes of scale for each of a head's keys and values.
        assertThat(eightBit.getInteger("cache_bytes_per_sequence"))
                .isEqualTo(4096 * (384 / 2 + 3 * TinyModel.KV_HEADS * 2 * 2));
        assertThat(json(model, "--context", "4096", "--kv", "bf16").getInteger("cache_bytes"))
                .isEqualTo(full.getInteger("cache_bytes"));
        assertThat(windowed.getInteger("cache_bytes_per_sequence")).isEqualTo(11 * 32 * 384);
        assertThat(single.getInteger("cache_bytes_per_sequence")).isEqualTo(4096 * 384 * 2);
        assertThat(full.getInteger("cache_bytes")).isEqualTo(16 * 4096 * 384);
        assertThat(full.getLong("total_bytes"))
                .isEqualTo(full.getLong("weights_in_place_bytes")
                        + full.getLong("weights_repacked_bytes")
                        + full.getLong("cache_bytes")
                        + full.getLong("workspace_bytes")
                        + full.getLong("heap_bytes")
                        + full.getLong("jvm_bytes"));
    }

    private static JsonObject json(String... args) {
        String[] all = Arrays.copyOf(args, args.length + 2);
        System.arraycopy(args, 0, all, 1, args.length);
        all[0] = "inspect";
        all[all.length - 1] = "--json";
        Outcome outcome = new CapturedProgram().run(all);
        assertThat(outcome.err()).isEmpty();
        return new JsonObject(outcome.out()).getJsonObject("memory");
    }

    @Test
    void describesTheRealModel() {
        Path model = Fetched.smolLm2();
        Outcome outcome = new CapturedProgram().run("inspect", "--model", model.toString(), "--json", "--metadata");
        assertThat(outcome.code()).isZero();
        JsonObject all = new JsonObject(outcome.out());
        assertThat(all.getJsonObject("file"))
                .hasToString("{\"path\":\"" + model + "\",\"bytes\":98362432,\"format\":\"GGUF version 3\","
                        + "\"name\":\"Smollm2 135M 8k Lc100K Mix1 Ep2\",\"size_label\":\"135M\","
                        + "\"license\":\"apache-2.0\",\"tensors\":272,\"parameters\":134515008,"
                        + "\"bits_per_parameter\":5.74,\"types\":{"
                        + "\"F32\":{\"tensors\":61,\"bytes\":140544,\"computed\":true},"
                        + "\"Q4_1\":{\"tensors\":210,\"bytes\":66355200,\"computed\":true},"
                        + "\"Q8_0\":{\"tensors\":1,\"bytes\":30081024,\"computed\":true}}}");
        assertThat(all.getJsonObject("model"))
                .hasToString("{\"architecture\":\"llama\",\"layers\":30,\"width\":576,"
                        + "\"heads\":{\"query\":9,\"key_value\":3,\"size\":64},\"feed_forward\":1536,"
                        + "\"vocabulary\":49152,\"tied_output\":true,\"context_length\":8192,\"windows\":[0],"
                        + "\"rope\":{\"base\":100000.0,\"dimensions\":64}}");
        assertThat(all.getJsonObject("tokenizer").getString("pre")).isEqualTo("smollm");
        assertThat(all.getJsonObject("tokenizer").getInteger("eos")).isEqualTo(2);
        assertThat(all.getJsonObject("memory").getInteger("cache_bytes_per_token"))
                .isEqualTo(23_040);
        assertThat(all.getJsonObject("metadata").size()).isEqualTo(33);
    }

    @Test
    void listsTensorsAndMetadata() throws IOException {
        String model = TinyModel.PLAIN.writeTo(dir).toString();
        Outcome outcome = new CapturedProgram().run("inspect", model, "--tensors", "--metadata");
        assertThat(outcome.out())
                .contains("\n  llama.block_count      3\n")
                .containsPattern("\n  blk\\.2\\.attn_q\\.weight +F32 \\[64, 64\\], 16\\.0 KiB at \\d+\n");
    }

    @Test
    void aBadFileIsOneLineAndCodeTwo() throws IOException {
        Path html = Files.writeString(dir.resolve("model.gguf"), "<!DOCTYPE html>");
        Outcome outcome = new CapturedProgram().run("inspect", html.toString());
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .isEqualTo("tramontane: " + html + ": at byte 0: this is a web page, expected a GGUF file; download the"
                        + " file itself (on Hugging Face the link has /resolve/, not /blob/)" + System.lineSeparator());
    }

    @Test
    void aSoundFileThatCannotRunIsDescribedAndRefused() throws IOException {
        Path model = new GgufWriter()
                .string("general.architecture", "mamba")
                .tensor("a", 21, new long[] {256}, new byte[110])
                .writeTo(dir.resolve("other.gguf"));
        Outcome outcome = new CapturedProgram().run("inspect", model.toString());
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.out()).contains("1 IQ3_S (110 B, not computed)");
        assertThat(outcome.err())
                .contains("IQ3_S, which this version does not compute")
                .hasLineCount(1);
    }

    @Test
    void sizesThatDoNotGoTogetherAreNamed() throws IOException {
        String model = TinyModel.PLAIN.writeTo(dir).toString();
        Outcome outcome = new CapturedProgram().run("inspect", model, "--context", "4096", "--cache-memory", "1MiB");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err())
                .isEqualTo("tramontane: --context 4096 needs 1.5 MiB of cache for one sequence, but --cache-memory is"
                        + " 1.0 MiB: lower the context, give the cache more memory, or give the model a --window"
                        + System.lineSeparator());
    }

    @Test
    void describesADirectory() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN.withWindow(24), dir.resolve("tiny"), 2);
        Outcome outcome = new CapturedProgram().run("inspect", model.toString(), "--metadata", "--tensors");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out())
                .contains("\n  format                 Hugging Face directory\n")
                .contains(
                        "\n  files                  config.json, tokenizer.model.v3, model-00001-of-00002.safetensors,"
                                + " model-00002-of-00002.safetensors\n")
                .contains("\n  name                   tiny\n")
                .contains("\n  quantisation           none\n")
                .contains("\n  tensor types           30 F32 (")
                .contains("\n  architecture           MistralForCausalLM\n")
                .contains("\n  attention window       24 tokens\n")
                .contains("\n  vocabulary             317\n")
                .contains("\n  tokens                 304\n")
                .contains("\n  ends                   2 </s>\n")
                .contains("\n  hidden_size            64\n")
                .containsPattern(
                        "\n  model\\.layers\\.2\\.self_attn\\.q_proj\\.weight +F32 \\[64, 64\\], 16\\.0 KiB at \\d+\n");
    }

    @Test
    void describesMistralsOwnLayoutAndItsGroups() throws IOException {
        Path model = TinyDirectory.mistral(new TinyModel(4, 0, 4096, DType.BF16, false, 1), dir.resolve("own"));
        Path params = model.resolve("params.json");
        Files.writeString(
                params,
                new JsonObject(Files.readString(params))
                        .put("sliding_window", Arrays.asList(null, 32))
                        .encode());
        Outcome outcome = new CapturedProgram().run("inspect", model.toString(), "--context", "2000");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out())
                .contains("\n  format                 Mistral's own layout\n")
                .contains("\n  attention window       none in 2 layers, 32 tokens in 2 layers\n")
                .contains("\n  layers by window       none: 0 2; 32: 1 3\n")
                .contains("\n  of it by window        504 KiB in 2 layers without a window, 80.0 KiB in 2 layers with a"
                        + " window of 32\n");
        JsonObject json = new JsonObject(new CapturedProgram()
                .run("inspect", model.toString(), "--context", "2000", "--json", "--window", "none")
                .out());
        assertThat(json.getJsonObject("model").getJsonArray("windows")).containsExactly(0);
        assertThat(json.getJsonObject("file").getString("format")).isEqualTo("Mistral's own layout");
    }

    @Test
    void withoutAFileAsksForOne() {
        Outcome outcome = new CapturedProgram().run("inspect");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("tramontane inspect MODEL.gguf").hasLineCount(1);
    }
}
