package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.TooManyTokensException;
import dev.tramontane.tokenizer.Vocabularies;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Texts with gaps to the ids that mistral-common gives. */
final class InfillLayoutTest {

    private static JsonNode cases(String version) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(InfillLayoutTest.class.getResourceAsStream("/oracle/fim.json"), "fim.json")) {
            return Oracle.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .get(version);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"v3", "v7", "v3-tekken"})
    void gapsHaveMistralCommonsIds(String version) throws IOException {
        JsonNode cases = cases(version);
        String file = cases.get("file").asString();
        byte[] bytes = Fetched.mistralTokenizerBytes(file);
        Tokenizer tokenizer = file.endsWith(".json") ? Tokenizers.ofTekken(bytes) : Tokenizers.ofSentencePiece(bytes);
        InfillLayout layout = new InfillLayout(tokenizer);
        assertThat(layout.exists()).isTrue();
        assertThat(cases.get("cases").size()).isEqualTo(8);
        for (JsonNode each : cases.get("cases")) {
            String suffix =
                    each.get("suffix").isNull() ? "" : each.get("suffix").asString();
            Prompt.Infill gap = new Prompt.Infill(each.get("prompt").asString(), suffix);
            assertThat(layout.encode(gap, EncodingLimit.NONE).ids())
                    .as(each.toString())
                    .isEqualTo(Oracle.ints(each.get("ids")));
        }
    }

    private static Tokenizer bytes() {
        return Tokenizers.of(Vocabularies.bytes("gpt-2", List.of("<s>", "</s>", "[SUFFIX]", "[PREFIX]")));
    }

    @Test
    void standsBehindThenBefore() {
        Tokenizer tokenizer = bytes();
        int[] ids = new InfillLayout(tokenizer)
                .encode(new Prompt.Infill("ab", "c"), EncodingLimit.NONE)
                .ids();
        assertThat(ids)
                .containsExactly(
                        tokenizer.bos().orElseThrow(),
                        tokenizer.controlId("[SUFFIX]").orElseThrow(),
                        tokenizer.encode("c")[0],
                        tokenizer.controlId("[PREFIX]").orElseThrow(),
                        tokenizer.encode("a")[0],
                        tokenizer.encode("b")[0]);
    }

    @Test
    void isGivenUpAsSoonAsItIsTooLong() {
        InfillLayout layout = new InfillLayout(bytes());
        EncodingLimit six = new EncodingLimit(6, () -> false);
        assertThat(layout.encode(new Prompt.Infill("ab", "c"), six).ids()).hasSize(6);
        assertThatThrownBy(() -> layout.encode(new Prompt.Infill("abc", "c"), six))
                .isInstanceOf(TooManyTokensException.class);
        assertThatThrownBy(() -> layout.encode(new Prompt.Infill("", "abcd"), six))
                .isInstanceOf(TooManyTokensException.class);
    }

    @Test
    void aVocabularyWithoutTheTokensIsNamed() {
        InfillLayout layout = new InfillLayout(new ByteTokenizer());
        assertThat(layout.exists()).isFalse();
        GenerationException refused = catchThrowableOfType(
                GenerationException.class, () -> layout.encode(new Prompt.Infill("a", "b"), EncodingLimit.NONE));
        assertThat(refused.parameter()).isEqualTo("suffix");
        assertThat(refused).hasMessageContaining("[SUFFIX]");
    }
}
