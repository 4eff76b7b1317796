package dev.tramontane.tokenizer.split;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Oracle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The scanners cut where the published expressions cut, run by Python's regex and Hugging Face's tokenizers. */
final class PreTokenizerGoldenTest {

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "smollm", "llama-bpe", "qwen2", "tekken", "default"})
    void cutsAsThePublishedExpression(String name) {
        JsonNode rule = Oracle.stream(Oracle.read("gpt2-pretokenizers").get("pre_tokenizers"))
                .filter(candidate -> candidate.get("pre").asString().equals(name))
                .findFirst()
                .orElseThrow();
        assertThat(rule.get("cases").size()).isGreaterThan(100);
        for (JsonNode test : rule.get("cases")) {
            String text = test.get("text").asString();
            List<String> expected =
                    Oracle.stream(test.get("pieces")).map(JsonNode::asString).toList();
            assertThat(split(name, text)).as(text).isEqualTo(expected);
        }
    }

    @Test
    void expressionsAreKnownAsTheyArePublished() {
        for (JsonNode rule : Oracle.read("gpt2-pretokenizers").get("pre_tokenizers")) {
            if (rule.get("patterns").size() == 1) {
                assertThat(PreTokenizers.nameOf(rule.get("patterns").get(0).asString()))
                        .isEqualTo(rule.get("pre").asString());
            }
        }
        assertThat(PreTokenizers.nameOf("(a+)+$")).isNull();
    }

    @Test
    void theRulesOfOneFamilyDiffer() {
        assertThat(split("llama-bpe", "a1234")).containsExactly("a", "123", "4");
        assertThat(split("qwen2", "a12")).containsExactly("a", "1", "2");
        assertThat(split("qwen2", "x\u0301y")).containsExactly("x", "\u0301y");
        assertThat(split("qwen35", "x\u0301y")).containsExactly("x\u0301y");
        assertThat(split("tekken", "camelCase's")).containsExactly("camel", "Case", "'s");
        assertThat(split("gpt-4o", "camelCase's 1234")).containsExactly("camel", "Case's", " ", "123", "4");
        assertThat(split("falcon", "a``b 12345")).containsExactly("a", "``", "b", " ", "123", "45");
    }

    @Test
    void unknownNamesAreUnknown() {
        assertThat(PreTokenizers.named("no-such-rule")).isNull();
        assertThat(PreTokenizers.named("")).isSameAs(PreTokenizers.named("default"));
        assertThat(PreTokenizers.names()).contains("llama-bpe", "smollm", "tekken");
    }

    static List<String> split(String name, String text) {
        List<String> words = new ArrayList<>();
        Objects.requireNonNull(PreTokenizers.named(name))
                .split(text, 0, text.length(), (start, end) -> words.add(text.substring(start, end)));
        return words;
    }
}
