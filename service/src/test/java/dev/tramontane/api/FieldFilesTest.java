package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.convert.GgufConversion;
import dev.tramontane.convert.OutputType;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.load.SequenceLogits;
import dev.tramontane.model.CacheType;
import dev.tramontane.source.ModelSource;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.UnreadableTokenException;
import dev.tramontane.weights.ModelFileException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model files as they are met: with more than a model needs, and with what no model has. All answer as sound ones do. */
class FieldFilesTest {
    private static final int ROWS = TinyVocabulary.size();
    private static final int[] IDS = {5, 80, 300, 7, 2, 120, 33};

    @TempDir
    private Path dir;

    @Test
    void addedTokensWithoutRowsLoad() throws IOException {
        Path sound = withTokenizer("sound", List.of());
        Path surplus = withTokenizer("surplus", List.of(added(ROWS, "[PAD]", true), added(ROWS + 1, "<extra>", false)));
        float[] expected = logits(sound);
        try (LoadedModel loaded = load(surplus)) {
            assertThat(SequenceLogits.of(loaded, IDS)).isEqualTo(expected);
            assertThat(loaded.warnings())
                    .containsExactly(
                            "the tokenizer has 2 tokens more than the embedding has rows (\"[PAD]\", \"<extra>\");"
                                    + " the model never produces them, and prompts that hold them are refused");
            Tokenizer tokenizer = loaded.tokenizer();
            assertThat(tokenizer.size()).isEqualTo(ROWS);
            assertThat(tokenizer.controlId("[PAD]")).isEmpty();
            // What a user writes is text, what a template writes is the token.
            assertThat(tokenizer.decode(tokenizer.encode("a [PAD] b"))).isEqualTo("a [PAD] b");
            PromptText template = new PromptText(List.of(new PromptText.Part("x[PAD]", true)));
            assertThatThrownBy(() -> tokenizer.encode(template))
                    .isInstanceOf(UnreadableTokenException.class)
                    .hasMessageContaining("'[PAD]' (id " + ROWS + ")");
        }
    }

    @Test
    void addedTokensOfTheOtherFileLoad() throws IOException {
        Path sound = withTokenizer("sound", List.of());
        Path surplus = withTokenizer("surplus", List.of());
        JsonObject token = added(ROWS, "[PAD]", true);
        token.remove("id");
        Files.writeString(
                surplus.resolve("tokenizer_config.json"),
                new JsonObject()
                        .put("added_tokens_decoder", new JsonObject().put("" + ROWS, token))
                        .put("pad_token", "[PAD]")
                        .encode());
        try (LoadedModel loaded = load(surplus)) {
            assertThat(SequenceLogits.of(loaded, IDS)).isEqualTo(logits(sound));
            assertThat(loaded.warnings()).singleElement().asString().contains("(\"[PAD]\")");
        }
    }

    @Test
    void requestsThatNeedATokenWithoutARowAreRefusedByName() throws IOException {
        Path surplus = withTokenizer("surplus", List.of(added(ROWS, "<extra>", false)));
        try (TestService service = TestService.on(
                load(surplus),
                new EngineConfig(
                        new EngineConfig.Step(4, 32, 32),
                        new EngineConfig.Cache(16, CacheType.F32, 64 << 20),
                        new EngineConfig.Admission(16, 1024, 4, 64, 1 << 20)),
                TestService.CONFIG)) {
            String named = "holds the token '<extra>' (id " + ROWS + ")";
            refused(service.completion(TestService.body("a <extra> b", new JsonObject())), "prompt", named);
            refused(
                    service.chat(TestService.chatBody(new JsonObject()
                            .put(
                                    "messages",
                                    new JsonArray()
                                            .add(new JsonObject()
                                                    .put("role", "user")
                                                    .put("content", "<extra>"))))),
                    "messages",
                    named);
            refused(
                    service.post(
                            "/tokenize",
                            TestService.body("<extra>", new JsonObject()).encode()),
                    "prompt",
                    named);
            JsonArray id = new JsonArray().add(ROWS);
            String unknown = "Token " + ROWS + " ";
            refused(
                    service.post(
                            "/detokenize",
                            new JsonObject()
                                    .put("model", TestService.MODEL)
                                    .put("tokens", id)
                                    .encode()),
                    "tokens",
                    unknown);
            refused(
                    service.completion(TestService.body("a", new JsonObject().put("stop_token_ids", id))),
                    "stop_token_ids",
                    unknown);
            refused(
                    service.completion(TestService.body(
                            "a", new JsonObject().put("logit_bias", new JsonObject().put("" + ROWS, 1)))),
                    "logit_bias",
                    unknown);
            assertThat(service.completion(TestService.body("a b", new JsonObject().put("max_tokens", 2)))
                            .status())
                    .isEqualTo(200);
        }
    }

    private static void refused(TestService.Reply reply, String parameter, String message) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        JsonObject error = reply.json().getJsonObject("error");
        assertThat(error.getString("message")).contains(message);
        assertThat(error.getString("param")).isEqualTo(parameter);
    }

    @Test
    void tokensThatTextNeedsHaveRows() throws IOException {
        Path first = withTokenizer("first", List.of(added(ROWS, "<first>", true)));
        Files.writeString(
                first.resolve("tokenizer_config.json"),
                new JsonObject()
                        .put("bos_token", "<first>")
                        .put("add_bos_token", true)
                        .encode());
        assertThatThrownBy(() -> load(first).close())
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("prompts begin with the token " + ROWS + " (\"<first>\")");
    }

    @Test
    void aConvertedModelHasAsManyTokensAsRows() throws IOException, InterruptedException {
        Path surplus = withTokenizer("surplus", List.of(added(ROWS, "[PAD]", true)));
        Path converted = dir.resolve("converted.gguf");
        try (ModelSource source = ModelSource.open(surplus)) {
            GgufConversion.of(source, OutputType.F32)
                    .write(converted, false, Kernels.library(), 1, (done, total) -> {}, () -> false);
        }
        try (LoadedModel loaded = load(converted)) {
            assertThat(loaded.tokenizer().vocabulary().pieces()).hasSize(ROWS);
            assertThat(loaded.warnings()).isEmpty();
        }
        assertThat(logits(converted)).isEqualTo(logits(surplus));
    }

    @Test
    void idsThatAreNoneAreLeftAside() throws IOException {
        float[] expected = logits(TinyModel.PLAIN.writeTo(dir));
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        String keys = "tokenizer.ggml.";
        parts.put(keys + "padding", gguf -> gguf.u32(keys + "padding_token_id", 0xffffffffL));
        parts.put(keys + "unknown_token_id", gguf -> gguf.u32(keys + "unknown_token_id", ROWS + 5));
        parts.put(keys + "eot", gguf -> gguf.i32(keys + "eot_token_id", -1));
        parts.put(keys + "bos_token_id", gguf -> gguf.u32(keys + "bos_token_id", ROWS)); // bos is not added
        Path odd = TinyModel.assemble(parts).writeTo(dir.resolve("odd.gguf"));
        try (LoadedModel loaded = load(odd)) {
            assertThat(SequenceLogits.of(loaded, IDS)).isEqualTo(expected);
            assertThat(loaded.tokenizer().bos()).isEmpty();
            assertThat(loaded.warnings())
                    .hasSize(4)
                    .anyMatch(line ->
                            line.startsWith("\"tokenizer.ggml.padding_token_id\" is 4294967295, which is none of"))
                    .anyMatch(line -> line.startsWith("\"tokenizer.ggml.eot_token_id\" is -1,"));
        }
        parts.put(keys + "add_bos_token", gguf -> gguf.bool(keys + "add_bos_token", true));
        Path needed = TinyModel.assemble(parts).writeTo(dir.resolve("needed.gguf"));
        assertThatThrownBy(() -> load(needed).close())
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("bos_token_id");
    }

    @Test
    void endsThatAreNoneAreLeftAside() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, dir.resolve("ends"), 1);
        Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": [7, -1, " + ROWS + "]}");
        try (LoadedModel loaded = load(model)) {
            assertThat(loaded.tokenizer().endsGeneration(7)).isTrue();
            assertThat(loaded.warnings())
                    .hasSize(2)
                    .allMatch(line -> line.contains("generation_config.json: \"eos_token_id\" names "));
        }
    }

    @Test
    void moreRowsThanTokensLoadFromGguf() throws IOException {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        List<String> pieces = TinyVocabulary.pieces().subList(0, ROWS - 10);
        int[] types = new int[pieces.size()];
        Arrays.fill(types, 1);
        Arrays.fill(types, 0, TinyVocabulary.FIRST_BYTE, 3);
        List<String> merges = TinyVocabulary.merges();
        parts.put("tokenizer.ggml.tokens", gguf -> gguf.strings("tokenizer.ggml.tokens", pieces));
        parts.put("tokenizer.ggml.token_type", gguf -> gguf.ints("tokenizer.ggml.token_type", types));
        parts.put(
                "tokenizer.ggml.merges",
                gguf -> gguf.strings("tokenizer.ggml.merges", merges.subList(0, merges.size() - 10)));
        Path padded = TinyModel.assemble(parts).writeTo(dir.resolve("padded.gguf"));
        assertThat(logits(padded)).isEqualTo(logits(TinyModel.PLAIN.writeTo(dir)));
    }

    @Test
    void anIndexMayNameWhatNobodyNeeds() throws IOException {
        TinyModel tied = TinyModel.PLAIN.withTiedOutput();
        Path sound = TinyDirectory.huggingFace(tied, dir.resolve("sound"), 2);
        Path stale = TinyDirectory.huggingFace(tied, dir.resolve("stale"), 2);
        String first = "model-00001-of-00002.safetensors";
        JsonObject map = index(stale);
        map.put("lm_head.weight", first);
        map.put("model.layers.0.self_attn.rotary_emb.inv_freq", first);
        map.put("model.layers.9.self_attn.q_proj.weight", first); // of a model that was cut
        map.put("vision_tower.patch_conv.weight", "model-00003-of-00003.safetensors"); // was not downloaded
        map.remove("model.norm.weight");
        write(stale, map);
        try (LoadedModel loaded = load(stale)) {
            assertThat(SequenceLogits.of(loaded, IDS)).isEqualTo(logits(sound));
            assertThat(loaded.warnings())
                    .containsExactly(stale.resolve("model.safetensors.index.json")
                            + " names 4 tensors that no file holds and the model does not need, such as"
                            + " \"lm_head.weight\"");
        }
    }

    @Test
    void anIndexThatPromisesWhatIsNeededIsHeldToIt() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, dir.resolve("m"), 3);
        JsonObject map = index(model);
        String gone = map.getString("model.layers.1.mlp.up_proj.weight");
        Files.delete(model.resolve(gone));
        assertThatThrownBy(() -> load(model).close())
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining(
                        "the file \"" + gone + "\" of the index is not there, expected 3 files beside it");

        Path lying = TinyDirectory.huggingFace(TinyModel.PLAIN, dir.resolve("l"), 3);
        JsonObject names = index(lying);
        // The index is of a model with other names; the weights are not all here.
        Path shard = lying.resolve(names.getString("model.norm.weight"));
        Files.copy(lying.resolve(names.getString("lm_head.weight")), shard, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> load(lying).close()).isInstanceOf(ModelFileException.class);
    }

    @Test
    void tensorsThatChangeResultsAreStillRefused() throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, dir.resolve("m"), 2);
        JsonObject map = index(model);
        map.put("model.layers.0.self_attn.q_proj.bias", "model-00003-of-00003.safetensors");
        write(model, map);
        assertThatThrownBy(() -> load(model).close())
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("model-00003-of-00003.safetensors")
                .hasMessageContaining("is not there");
    }

    private static JsonObject index(Path model) throws IOException {
        return new JsonObject(Files.readString(model.resolve("model.safetensors.index.json")))
                .getJsonObject("weight_map");
    }

    private static void write(Path model, JsonObject map) throws IOException {
        Files.writeString(
                model.resolve("model.safetensors.index.json"),
                new JsonObject().put("weight_map", map).encode());
    }

    private static JsonObject added(int id, String content, boolean special) {
        return new JsonObject()
                .put("id", id)
                .put("content", content)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", special);
    }

    /** A Hugging Face directory with the tiny byte-level vocabulary and these tokens beside it. */
    private Path withTokenizer(String name, List<JsonObject> more) throws IOException {
        Path model = TinyDirectory.huggingFace(TinyModel.PLAIN, dir.resolve(name), 1);
        Files.delete(model.resolve("tokenizer.model.v3"));
        List<String> pieces = TinyVocabulary.pieces();
        JsonArray tokens = new JsonArray();
        JsonObject vocabulary = new JsonObject();
        for (int id = 0; id < pieces.size(); id++) {
            if (id < TinyVocabulary.FIRST_BYTE) {
                tokens.add(added(id, pieces.get(id), true));
            }
            vocabulary.put(pieces.get(id), id);
        }
        more.forEach(tokens::add);
        JsonObject bytes = new JsonObject()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        JsonObject digits = new JsonObject().put("type", "Digits").put("individual_digits", true);
        JsonObject file = new JsonObject()
                .put("version", "1.0")
                .put("added_tokens", tokens)
                .putNull("normalizer")
                .put(
                        "pre_tokenizer",
                        new JsonObject()
                                .put("type", "Sequence")
                                .put(
                                        "pretokenizers",
                                        new JsonArray().add(digits).add(bytes)))
                .putNull("post_processor")
                .put("decoder", bytes.copy())
                .put(
                        "model",
                        new JsonObject()
                                .put("type", "BPE")
                                .put("vocab", vocabulary)
                                .put("merges", new JsonArray(TinyVocabulary.merges())));
        Files.writeString(model.resolve("tokenizer.json"), file.encode());
        return model;
    }

    private static LoadedModel load(Path model) {
        return LoadedModel.load(
                Kernels.library(), ModelSource.open(model), LoadOptions.on(Backend.REF), (done, total) -> {});
    }

    private static float[] logits(Path model) {
        try (LoadedModel loaded = load(model)) {
            return SequenceLogits.of(loaded, IDS);
        }
    }
}
