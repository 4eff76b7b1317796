package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.tokenizer.PromptText;
import dev.tramontane.tokenizer.TokenDecoder;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabulary;
import dev.tramontane.weights.ModelFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class GgufVocabularyTest {
    private static final int SIZE = TinyVocabulary.size();

    @Test
    void readsAByteLevelVocabulary() {
        Vocabulary vocabulary = read(TinyModel.PLAIN.parts());
        assertThat(vocabulary.kind()).isEqualTo(Vocabulary.Kind.BYTE_LEVEL_BPE);
        assertThat(vocabulary.preTokenizer()).isEqualTo("smollm");
        assertThat(vocabulary.pieces()).isEqualTo(TinyVocabulary.pieces());
        assertThat(vocabulary.merges()).isEqualTo(TinyVocabulary.merges());
        assertThat(vocabulary.bos()).hasValue(TinyVocabulary.TURN_START);
        assertThat(vocabulary.unknown()).hasValue(TinyVocabulary.END_OF_TEXT);
        // The turn's end by id, the text's end by its spelling.
        assertThat(vocabulary.eosIds()).containsExactlyInAnyOrder(TinyVocabulary.TURN_END, TinyVocabulary.END_OF_TEXT);
        assertThat(vocabulary.addBos()).isFalse();
        assertThat(vocabulary.addSpacePrefix()).isFalse();
    }

    @Test
    void theTinyVocabularyEncodesAndDecodesAnyText() {
        Tokenizer tokenizer = Tokenizers.of(read(TinyModel.PLAIN.parts()));
        String text = "The wind and the rain: na\u00efve \ud83d\ude42 <|im_end|> 42\u0000\n\t";
        int[] ids = tokenizer.encode(text);
        assertThat(ids).hasSizeLessThan(text.length() + 8).doesNotContain(TinyVocabulary.TURN_END);
        TokenDecoder decoder = tokenizer.decoder();
        StringBuilder decoded = new StringBuilder();
        for (int id : ids) {
            decoded.append(decoder.push(id));
        }
        assertThat(decoded.append(decoder.finish())).hasToString(text);
        PromptText turn = new PromptText(List.of(new PromptText.Part("<|im_start|>", true)));
        assertThat(tokenizer.encode(turn)).containsExactly(TinyVocabulary.TURN_START);
    }

    @Test
    void defaultsOfByteLevelAreLlamaCpps() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        parts.remove("tokenizer.ggml.add_bos_token");
        assertThat(read(parts).addBos()).isFalse();
        for (String pre : new String[] {"llama-bpe", "tekken"}) {
            text(parts, "tokenizer.ggml.pre", pre);
            assertThat(read(parts).addBos()).as(pre).isTrue();
        }
        parts.put("no", gguf -> gguf.bool("tokenizer.ggml.add_bos_token", false));
        assertThat(read(parts).addBos()).isFalse();
        for (String key : new String[] {"bos", "eos", "unknown"}) {
            parts.remove("tokenizer.ggml." + key + "_token_id");
        }
        parts.remove("tokenizer.ggml.pre");
        Vocabulary bare = read(parts);
        assertThat(bare.preTokenizer()).isEmpty();
        assertThat(bare.bos()).isEmpty();
        assertThat(bare.eosIds()).containsExactlyInAnyOrder(TinyVocabulary.TURN_END, TinyVocabulary.END_OF_TEXT);
    }

    @Test
    void defaultsOfSentencePieceAreLlamaCpps() {
        Map<String, Consumer<GgufWriter>> parts = sentencePiece();
        Vocabulary vocabulary = read(parts);
        assertThat(vocabulary.kind()).isEqualTo(Vocabulary.Kind.SENTENCEPIECE_BPE);
        assertThat(vocabulary.bos()).hasValue(1);
        assertThat(vocabulary.unknown()).hasValue(0);
        assertThat(vocabulary.eosIds()).contains(2);
        assertThat(vocabulary.addBos()).isTrue();
        assertThat(vocabulary.addSpacePrefix()).isTrue();
        assertThat(vocabulary.scores()).hasSize(SIZE);
        parts.put("p", gguf -> gguf.bool("tokenizer.ggml.add_space_prefix", false));
        parts.put("b", gguf -> gguf.bool("tokenizer.ggml.add_bos_token", false));
        assertThat(read(parts).addSpacePrefix()).isFalse();
        assertThat(read(parts).addBos()).isFalse();
    }

    @Test
    void endsAreEosEotEomAndWellKnownControlTokens() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        number(parts, "tokenizer.ggml.eos_token_id", 5);
        number(parts, "tokenizer.ggml.eot_token_id", 6);
        number(parts, "tokenizer.ggml.eom_token_id", 7);
        assertThat(read(parts).eosIds()).containsExactlyInAnyOrder(0, 2, 5, 6, 7);
        // A user-defined token of such a spelling becomes control; a plain one is text.
        types(parts, 4, 4, 1);
        Vocabulary vocabulary = read(parts);
        assertThat(vocabulary.eosIds()).containsExactlyInAnyOrder(0, 5, 6, 7);
        assertThat(vocabulary.types()).startsWith(3, 4, 1);
    }

    @Test
    void tellsTheChatTemplateItsSpecialTokens() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        number(parts, "tokenizer.ggml.padding_token_id", 0);
        Vocabulary vocabulary = read(parts);
        ChatSource chat = ChatSource.of(ModelPlanTest.file(parts), vocabulary);
        assertThat(chat.template()).hasValue(TinyVocabulary.CHAT_TEMPLATE);
        assertThat(chat.specials())
                .isEqualTo(Map.of(
                        "bos_token", "<|im_start|>",
                        "eos_token", "<|im_end|>",
                        "unk_token", "<|endoftext|>",
                        "pad_token", "<|endoftext|>"));
        parts.remove("tokenizer.chat_template");
        assertThat(ChatSource.of(ModelPlanTest.file(parts), vocabulary).template())
                .isEmpty();
    }

    @Test
    void refusesLies() {
        refused(p -> text(p, "tokenizer.ggml.model", "bert"), "\"bert\"", "gpt2");
        refused(p -> p.remove("tokenizer.ggml.model"), "tokenizer.ggml.model");
        refused(p -> p.remove("tokenizer.ggml.tokens"), "tokenizer.ggml.tokens");
        refused(p -> p.remove("tokenizer.ggml.merges"), "tokenizer.ggml.merges");
        refused(
                p -> {
                    number(p, "tokenizer.ggml.bos_token_id", 0xffffffffL);
                    p.put("tokenizer.ggml.add_bos_token", g -> g.bool("tokenizer.ggml.add_bos_token", true));
                },
                "bos_token_id");
        refused(
                p -> {
                    number(p, "tokenizer.ggml.eos_token_id", SIZE);
                    types(p, 1, 1, 1); // none is a control token that ends by its spelling
                },
                "eos_token_id");
        refused(p -> types(p), "token types", "" + SIZE);
        refused(
                p -> p.put("tokenizer.ggml.tokens", g -> g.strings("tokenizer.ggml.tokens", List.of("a"))),
                "token types",
                "1 tokens");
        refused(p -> text(p, "tokenizer.ggml.tokens", "a"), "array of strings");
        assertThatThrownBy(() -> {
                    Map<String, Consumer<GgufWriter>> parts = sentencePiece();
                    parts.remove("tokenizer.ggml.scores");
                    read(parts);
                })
                .isInstanceOf(ModelFileException.class)
                .hasMessageContaining("tokenizer.ggml.scores");
    }

    private static Vocabulary read(Map<String, Consumer<GgufWriter>> parts) {
        return GgufVocabulary.of(ModelPlanTest.file(parts));
    }

    private static void refused(Consumer<Map<String, Consumer<GgufWriter>>> tell, String... named) {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        tell.accept(parts);
        assertThatThrownBy(() -> read(parts))
                .isInstanceOf(ModelFileException.class)
                .message()
                .contains(named);
    }

    private static Map<String, Consumer<GgufWriter>> sentencePiece() {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        for (String key : new ArrayList<>(parts.keySet())) {
            if (key.startsWith("tokenizer.")) {
                parts.remove(key);
            }
        }
        List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int id = 3; id < SIZE; id++) {
            pieces.add("piece" + id);
        }
        text(parts, "tokenizer.ggml.model", "llama");
        parts.put("tokenizer.ggml.tokens", gguf -> gguf.strings("tokenizer.ggml.tokens", pieces));
        parts.put("tokenizer.ggml.scores", gguf -> gguf.floats("tokenizer.ggml.scores", new float[SIZE]));
        return parts;
    }

    /** These token types first, then nothing (so that the count is wrong), or normal ones. */
    private static void types(Map<String, Consumer<GgufWriter>> parts, int... first) {
        int[] types = new int[first.length == 0 ? SIZE - 1 : SIZE];
        Arrays.fill(types, 1);
        System.arraycopy(first, 0, types, 0, first.length);
        parts.put("tokenizer.ggml.token_type", gguf -> gguf.ints("tokenizer.ggml.token_type", types));
    }

    private static void number(Map<String, Consumer<GgufWriter>> parts, String key, long value) {
        parts.put(key, gguf -> gguf.u32(key, value));
    }

    private static void text(Map<String, Consumer<GgufWriter>> parts, String key, String value) {
        parts.put(key, gguf -> gguf.string(key, value));
    }
}
