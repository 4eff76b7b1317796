package dev.tramontane.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.fixtures.Oracle;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In what form models answer, as their layouts and published templates tell. */
final class AnswerFormsTest {

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            V1, -, -
            V2, ARRAY, -
            V3, ARRAY, -
            V3_TEKKEN, ARRAY, -
            V7, ARRAY, -
            V7_TEKKEN, ARRAY, -
            V11, NAMED, [THINK]
            V13, NAMED, [THINK]
            V15, NAMED, [THINK]
            """)
    void mistralsLayouts(MistralVersion version, @Nullable CallStyle calls, @Nullable String thoughts) {
        check(MistralLayout.of(version, MistralSettings.NONE).form(), calls, thoughts);
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            smollm2, -, -
            chatml, -, -
            mistral-v0.1, -, -
            mistral-v0.3, ARRAY, -
            mistral-nemo, ARRAY, -
            mistral-small-3.2, NAMED, -
            llama-3, -, -
            llama-3.1, BARE, -
            qwen2.5, OBJECT, -
            qwen3, OBJECT, <think>
            qwen3-coder, TAGGED, -
            smollm3, -, <think>
            gemma, -, -
            deepseek-r1, -, <think>
            """)
    void publishedTemplates(String name, @Nullable CallStyle calls, @Nullable String thoughts) {
        String template = Oracle.stream(Oracle.read("chat-templates").get("cases"))
                .filter(test -> test.get("name").asString().startsWith(name + ": "))
                .findFirst()
                .orElseThrow()
                .get("template")
                .asString();
        check(
                JinjaLayout.of(template, Map.of("bos_token", "<s>", "eos_token", "</s>"))
                        .form(),
                calls,
                thoughts);
    }

    private static void check(AnswerStyle form, @Nullable CallStyle calls, @Nullable String thoughts) {
        assertThat(form.calls()).isEqualTo(calls);
        ThoughtStyle style = form.thoughts();
        assertThat(style == null ? null : style.open()).isEqualTo(thoughts);
    }
}
