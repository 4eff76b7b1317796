package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Fetched;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** tekken.json is read as mistral-common reads it; bad files are refused in one sentence. */
final class TekkenFileTest {
    private static final int FIRST = 22;

    @Test
    void mistralsOwn() throws IOException {
        Tokenizer tokenizer = Tokenizers.ofTekken(Fetched.mistralTokenizerBytes("tekken_240718.json"));
        assertThat(tokenizer.size()).isEqualTo(131_072);
        assertThat(tokenizer.bos()).hasValue(1);
        assertThat(tokenizer.addsBos()).isTrue();
        assertThat(tokenizer.controlId("[INST]")).hasValue(3);
        assertThat(tokenizer.controlId("[TOOL_CALLS]")).hasValue(9);
        assertThat(tokenizer.controlId("<SPECIAL_999>")).hasValue(999);
        assertThat(IntStream.range(0, tokenizer.size()).filter(tokenizer::endsGeneration))
                .containsExactly(2);
        assertThat(tokenizer.bytes(1000)).containsExactly(0);
        assertThat(tokenizer.encode("[INST]")).doesNotContain(3);
    }

    @Test
    void mergesWhatSpellsATokenOfLowestRank() {
        Tokenizer tokenizer = TekkenFiles.tokenizer();
        int words = FIRST + 256;
        assertThat(tokenizer.size()).isEqualTo(words + TekkenFiles.WORDS.size() - 1);
        assertThat(tokenizer.encode("abab")).containsExactly(words + 1);
        assertThat(tokenizer.encode("xababa")).containsExactly(FIRST + 'x', words + 1, FIRST + 'a');
        // A word that is a token needs no merges; inside a word it takes "th", which is none.
        assertThat(tokenizer.encode("the")).containsExactly(words + 3);
        assertThat(tokenizer.encode("xthe")).containsExactly(FIRST + 'x', FIRST + 't', FIRST + 'h', FIRST + 'e');
        assertThat(tokenizer.encode("\u00e9\u4e2d"))
                .containsExactly(words + 5, FIRST + 0xE4, FIRST + 0xB8, FIRST + 0xAD);
        // The last word is beyond the vocabulary's size.
        assertThat(tokenizer.encode("\n\n")).containsExactly(FIRST + '\n', FIRST + '\n');
    }

    @Test
    void theSameAgainFromItsVocabulary() {
        Tokenizer tokenizer = TekkenFiles.tokenizer();
        Tokenizer again = Tokenizers.of(tokenizer.vocabulary());
        for (String text : TekkenFiles.WORDS) {
            assertThat(again.encode("x" + text + text)).isEqualTo(tokenizer.encode("x" + text + text));
        }
    }

    @Test
    void newerFilesListTheirSpecialTokens() {
        ObjectNode file = TekkenFiles.json();
        config(file).put("version", "v13");
        specials(file, "<unk>", "<s>", "</s>", "[THINK]");
        file.putObject("image").put("image_patch_size", 16);
        Tokenizer tokenizer = TekkenFiles.tokenizer(file.toString());
        assertThat(tokenizer.controlId("[THINK]")).hasValue(3);
        assertThat(tokenizer.controlId("<SPECIAL_4>")).hasValue(4);
        assertThat(tokenizer.controlId("[INST]")).isEmpty();
    }

    @Test
    void badFilesAreRefused() {
        refused(f -> f.remove("config"), "tekken.json has no config.");
        refused(f -> f.remove("vocab"), "tekken.json has no vocab.");
        refused(f -> config(f).remove("default_vocab_size"), "tekken.json: config has no default_vocab_size.");
        refused(
                f -> config(f).remove("default_num_special_tokens"),
                "tekken.json: config has no default_num_special_tokens.");
        refused(
                f -> config(f).put("default_vocab_size", 1000),
                "tekken.json: config asks for 1000 ids, but with 22 special tokens and 268 others between 278 and 290"
                        + " are possible.");
        refused(
                f -> config(f).put("default_vocab_size", 50),
                "tekken.json: config asks for 50 ids, but with 22 special tokens and 268 others between 278 and 290"
                        + " are possible.");
        refused(
                f -> config(f).put("default_vocab_size", -1),
                "config.default_vocab_size must be a whole number between 1 and 1048576");
        refused(
                f -> config(f).put("default_num_special_tokens", 19).put("default_vocab_size", 275),
                "tekken.json has 20 special tokens, but config says 19.");
        refused(
                f -> config(f).put("pattern", "(a+)+$"),
                "tekken.json splits text by the expression '(a+)+$', which is not known.");
        refused(
                f -> config(f).put("version", "v13"),
                "tekken.json of the version 'v13' has no special_tokens; only files up to v7 may leave them out.");
        refused(f -> token(f, 7).put("rank", 8), "vocab[7] has the rank 8: ranks must be places, without holes");
        refused(
                f -> token(f, 7).put("token_bytes", "CA=="),
                "vocab[7] is not the byte 7: the first 256 tokens must be the bytes");
        refused(f -> token(f, 260).put("token_bytes", "*"), "vocab[260].token_bytes is '*', which is not base64");
        refused(f -> token(f, 260).put("token_bytes", ""), "vocab[260] is not a token");
        refused(f -> token(f, 260).put("token_bytes", "YWI="), "Tokens 278 and 282 have the same piece 'ab'.");
        refused(f -> token(f, 260).put("rank", "x"), "vocab[260].rank must be a whole number");
        refused(f -> specials(f, "<s>", "<s>"), "special_tokens[1] is '<s>' for the second time");
        refused(f -> specials(f, "<s>", "a"), "Tokens 1 and 119 have the same piece 'a'.");
        refused(f -> specials(f, "<s>", ""), "Token 1 has no piece");
        refused(
                f -> specials(f, "<s>", "</s>").get(1).asObject().put("rank", 5),
                "special_tokens[1] has the rank 5: ranks must be places, without holes");
    }

    private static ObjectNode config(ObjectNode file) {
        return (ObjectNode) file.get("config");
    }

    private static ObjectNode token(ObjectNode file, int place) {
        return (ObjectNode) file.get("vocab").get(place);
    }

    private static ArrayNode specials(ObjectNode file, String... spellings) {
        ArrayNode specials = file.putArray("special_tokens");
        for (String spelling : spellings) {
            specials.addObject()
                    .put("rank", specials.size() - 1)
                    .put("token_str", spelling)
                    .put("is_control", true);
        }
        return specials;
    }

    private static void refused(Consumer<ObjectNode> spoil, String message) {
        ObjectNode file = TekkenFiles.json();
        spoil.accept(file);
        assertThatThrownBy(() -> TekkenFiles.tokenizer(file.toString()))
                .isInstanceOf(VocabularyException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }
}
