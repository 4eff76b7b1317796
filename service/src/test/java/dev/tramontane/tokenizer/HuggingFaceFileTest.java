package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Oracle;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A tokenizer.json gives the ids of the tokenizers library. */
final class HuggingFaceFileTest {

    static List<String> variants() {
        return HuggingFaceFiles.names();
    }

    @ParameterizedTest
    @MethodSource("variants")
    void sameIdsAsTheLibrary(String name) {
        Tokenizer tokenizer = HuggingFaceFiles.tokenizer(name);
        JsonNode cases = HuggingFaceFiles.variant(name).get("cases");
        assertThat(cases.size()).isGreaterThan(100);
        for (JsonNode test : cases) {
            String text = test.get(0).asString();
            assertThat(tokenizer.encode(text)).as("%s: '%s'", name, text).isEqualTo(Oracle.ints(test.get(1)));
            assertThat(tokenizer.encode(TokenizerGoldenTest.trusted(text)))
                    .as("%s, specials: '%s'", name, text)
                    .isEqualTo(Oracle.ints(test.get(2)));
        }
    }

    @ParameterizedTest
    @MethodSource("variants")
    void sameTextAsTheLibrary(String name) {
        Tokenizer tokenizer = HuggingFaceFiles.tokenizer(name);
        for (JsonNode test : HuggingFaceFiles.variant(name).get("cases")) {
            int[] ids = Oracle.ints(test.get(1));
            // The library prints control tokens, too, and decodes around added tokens as if they began a text.
            if (IntStream.of(ids)
                    .noneMatch(
                            id -> tokenizer.isControl(id) || tokenizer.piece(id).endsWith(">"))) {
                assertThat(tokenizer.decode(ids))
                        .as("%s: '%s'", name, test.get(0).asString())
                        .isEqualTo(test.get(3).asString());
            }
        }
    }

    /** The published tokenizer.json of SmolLM2, put together from the vocabulary in its GGUF file. */
    @Test
    void smolLm2() {
        Vocabulary gguf = Vocabularies.gguf(Fetched.smolLm2());
        ObjectNode json = HuggingFaceFiles.json("smollm");
        ArrayNode added = json.putArray("added_tokens");
        json.remove("post_processor");
        ObjectNode vocab = ((ObjectNode) json.get("model")).putObject("vocab");
        for (int id = 0; id < gguf.pieces().size(); id++) {
            String piece = gguf.pieces().get(id);
            vocab.put(piece, id);
            if (gguf.types()[id] == TokenType.CONTROL) {
                added.addObject().put("id", id).put("content", piece).put("special", true);
            }
        }
        ArrayNode merges = ((ObjectNode) json.get("model")).putArray("merges");
        gguf.merges().forEach(merges::add);
        Tokenizer tokenizer = HuggingFaceFiles.tokenizer(
                json.toString(), "{\"bos_token\": \"<|im_start|>\", \"eos_token\": \"<|im_end|>\"}");
        assertThat(tokenizer.addsBos()).isFalse();
        assertThat(tokenizer.bos()).hasValue(1);
        assertThat(tokenizer.endsGeneration(2)).isTrue();
        for (JsonNode test : Oracle.read("smollm2-tokenizer").get("cases")) {
            String text = test.get("text").asString();
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(Oracle.ints(test.get("plain")));
            assertThat(tokenizer.encode(TokenizerGoldenTest.trusted(text)))
                    .as(text)
                    .isEqualTo(Oracle.ints(test.get("special")));
        }
    }

    @Test
    void bosAndEnds() {
        Tokenizer tokenizer = HuggingFaceFiles.tokenizer("first");
        assertThat(tokenizer.bos()).hasValue(1);
        assertThat(tokenizer.addsBos()).isTrue();
        assertThat(IntStream.range(0, tokenizer.size()).filter(tokenizer::endsGeneration))
                .containsExactly(2);
        byte[] json = HuggingFaceFiles.bytes(HuggingFaceFiles.json("first").toString());
        Tokenizer withoutConfig = Tokenizers.ofHuggingFace(json, new byte[0], Set.of(7));
        assertThat(withoutConfig.bos()).hasValue(1);
        assertThat(withoutConfig.endsGeneration(2)).isFalse();
        assertThat(withoutConfig.endsGeneration(7)).isTrue();
        Tokenizer withoutBos = HuggingFaceFiles.tokenizer(
                HuggingFaceFiles.json("first").toString(),
                "{\"bos_token\": \"<s>\", \"add_bos_token\": false, \"eos_token\": null}");
        assertThat(withoutBos.addsBos()).isFalse();
        assertThat(withoutBos.controlId("[INST]")).isPresent();
    }

    @Test
    void configMayAddTokensAndChangeHowTheyAreFound() {
        Tokenizer plain = HuggingFaceFiles.tokenizer("gpt-2");
        int next = plain.size();
        int tool = next - 4;
        assertThat(plain.piece(tool)).isEqualTo("<tool>");
        Tokenizer changed = HuggingFaceFiles.tokenizer(
                HuggingFaceFiles.json("gpt-2").toString(),
                "{\"added_tokens_decoder\": {\"" + next + "\": {\"content\": \"<more>\", \"special\": true}, \"" + tool
                        + "\": {\"content\": \"<tool>\", \"special\": true}}}");
        assertThat(changed.controlId("<more>")).hasValue(next);
        assertThat(changed.encode(TokenizerGoldenTest.trusted("<more>"))).containsExactly(next);
        assertThat(plain.encode("<tool>")).containsExactly(tool);
        assertThat(changed.encode("<tool>")).doesNotContain(tool);
    }

    @Test
    void tellsOfItselfAsSentencePieceWithScores() {
        Vocabulary vocabulary = HuggingFaceFiles.tokenizer("prepend").vocabulary();
        assertThat(vocabulary.merges()).isEmpty();
        assertThat(vocabulary.addSpacePrefix()).isTrue();
        JsonNode merges = HuggingFaceFiles.json("prepend").get("model").get("merges");
        String first = merges.get(0).get(0).asString() + merges.get(0).get(1).asString();
        assertThat(vocabulary.scores()[vocabulary.pieces().indexOf(first)]).isZero();
        assertThat(vocabulary.scores()[vocabulary.pieces().indexOf("a")]).isEqualTo(-merges.size());
        Tokenizer again = Tokenizers.of(vocabulary);
        for (String text : List.of("The house", "and then  the 12 others\n", "\u4e2d")) {
            assertThat(again.encode(text))
                    .isEqualTo(HuggingFaceFiles.tokenizer("prepend").encode(text));
        }
    }
}
