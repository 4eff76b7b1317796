package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Oracle;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The same ids as Hugging Face's tokenizers, sentencepiece and mistral-common give. */
final class TokenizerGoldenTest {

    @Test
    void smolLm2AsTheTokenizersLibrary() {
        Tokenizer tokenizer = Tokenizers.of(Vocabularies.gguf(Fetched.smolLm2()));
        JsonNode cases = Oracle.read("smollm2-tokenizer").get("cases");
        assertThat(cases.size()).isGreaterThan(200);
        for (JsonNode test : cases) {
            String text = test.get("text").asString();
            int[] plain = tokenizer.encode(text);
            assertThat(plain).as(text).isEqualTo(Oracle.ints(test.get("plain")));
            assertThat(tokenizer.encode(trusted(text))).as(text).isEqualTo(Oracle.ints(test.get("special")));
            if (!test.get("lossy").asBoolean()) {
                assertThat(tokenizer.decode(plain)).isEqualTo(text);
            }
        }
    }

    @Test
    void smallVocabularyAsSentencePiece() {
        Tokenizer withPrefix = Tokenizers.of(Vocabularies.smallSentencePiece(true));
        Tokenizer without = Tokenizers.of(Vocabularies.smallSentencePiece(false));
        for (JsonNode test : Oracle.read("spm-tokenizer").get("small").get("cases")) {
            String text = test.get("text").asString();
            int[] ids = withPrefix.encode(text);
            assertThat(ids).as(text).isEqualTo(Oracle.ints(test.get("ids")));
            assertThat(without.encode(text)).as(text).isEqualTo(Oracle.ints(test.get("ids_no_prefix")));
            assertThat(withPrefix.decode(ids)).isEqualTo(test.get("decoded").asString());
            assertThat(without.decode(without.encode(text))).isEqualTo(text.replace('\u2581', ' '));
        }
    }

    @Test
    void mistralsFirstVocabularyAsSentencePiece() throws IOException {
        Tokenizer tokenizer = Tokenizers.ofSentencePiece(Fetched.mistralTokenizerBytes("tokenizer.model.v1"));
        JsonNode golden = Oracle.read("spm-tokenizer").get("mistral_v1");
        assertThat(tokenizer.size()).isEqualTo(golden.get("vocabulary").asInt());
        for (JsonNode test : golden.get("cases")) {
            int[] ids = tokenizer.encode(test.get("text").asString());
            assertThat(ids).as(test.get("text").asString()).isEqualTo(Oracle.ints(test.get("ids")));
            assertThat(tokenizer.decode(ids)).isEqualTo(test.get("decoded").asString());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "v1,tokenizer.model.v1",
        "v2,mistral_instruct_tokenizer_240216.model.v2",
        "v3,mistral_instruct_tokenizer_240323.model.v3",
        "v7,mistral_instruct_tokenizer_241114.model.v7",
        "v3-tekken,tekken_240718.json"
    })
    void mistralsVocabulariesAsMistralCommon(String version, String file) throws IOException {
        byte[] bytes = Fetched.mistralTokenizerBytes(file);
        Tokenizer tokenizer = file.endsWith(".json") ? Tokenizers.ofTekken(bytes) : Tokenizers.ofSentencePiece(bytes);
        JsonNode cases = Oracle.read("mistral-tokenizers").get(version).get("encode");
        assertThat(cases.size()).isPositive();
        for (JsonNode test : cases) {
            String text = test.get("text").asString();
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(Oracle.ints(test.get("ids")));
        }
    }

    static PromptText trusted(String text) {
        return new PromptText(List.of(new PromptText.Part(text, true)));
    }
}
