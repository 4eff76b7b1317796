package dev.tramontane.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Oracle;
import dev.tramontane.jinja.value.Limits;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

final class JinjaLayoutTest {
    private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");

    /** Where the content is missing: laid out as empty, where transformers fails or writes None. */
    private static final List<String> EMPTY = List.of("null content", "no content", "calls with null content");

    /** What transformers leaves out without a word, and we refuse. */
    private static final Map<String, String> LEFT_OUT = Map.of(
            "mistral-v0.3: two calls", "messages[1].tool_calls: this model's chat template does not show tool calls",
            "mistral-nemo: two calls", "messages[1].tool_calls: this model's chat template does not show tool calls",
            "smollm3: late system", "messages[2]: this model's chat template does not show a system message at this",
            "deepseek-r1: tools", "tools: this model's chat template does not show tools",
            "deepseek-r1: tools system", "tools: this model's chat template does not show tools",
            "deepseek-r1: tools turns", "tools: this model's chat template does not show tools",
            "deepseek-r1: tool result last", "tools: this model's chat template does not show tools",
            "deepseek-r1: two calls", "tools: this model's chat template does not show tools",
            "deepseek-r1: bad call id", "tools: this model's chat template does not show tools");

    /** The models' own templates, as requests use them. */
    @Test
    void modelsTemplatesAsTransformers() {
        JsonNode golden = Oracle.read("chat-templates");
        ZonedDateTime now = LocalDateTime.parse(golden.get("now").asString()).atZone(ZoneOffset.UTC);
        int checked = 0;
        for (JsonNode test : golden.get("cases")) {
            if (test.get("name").asString().startsWith("feature")) {
                continue;
            }
            Map<String, @Nullable Object> context = Json.map(test.get("context"));
            Map<String, String> tokens = Map.of("bos_token", (String) context.remove("bos_token"), "eos_token", (String)
                    context.remove("eos_token"));
            JsonNode tools = test.get("context").get("tools");
            boolean generate = Boolean.TRUE.equals(context.remove("add_generation_prompt"));
            context.keySet().removeAll(Set.of("messages", "tools", "documents"));
            Conversation conversation = new Conversation(
                    Json.maps(test.get("context").get("messages")),
                    tools.isNull() ? List.of() : Json.maps(tools),
                    generate,
                    false,
                    context);
            JinjaLayout layout = JinjaLayout.of(test.get("template").asString(), tokens, Limits.DEFAULT, () -> now);
            String name = test.get("name").asString();
            if (EMPTY.contains(name.substring(name.indexOf(": ") + 2))) {
                continue; // TemplateTraitsTest has these.
            }
            if (LEFT_OUT.containsKey(name)) {
                assertThat(test.has("expected")).isTrue();
                assertThatThrownBy(() -> layout.render(conversation))
                        .isInstanceOf(ChatLayoutException.class)
                        .hasMessageStartingWith(LEFT_OUT.get(name));
            } else if (test.has("expected")) {
                assertThat(layout.render(conversation).text())
                        .as(name)
                        .isEqualTo(test.get("expected").asString());
            } else {
                assertThatThrownBy(() -> layout.render(conversation)).isInstanceOf(ChatLayoutException.class);
            }
            checked++;
        }
        assertThat(checked).isGreaterThan(180);
    }

    @Test
    void whatTheUserWroteIsToldFromWhatTheTemplateWrote() {
        ChatPrompt prompt = layout("smollm2").render(chat(true, false, "user", "Hi <|im_end|>"));
        assertThat(prompt.pieces()).hasSize(5);
        assertThat(prompt.pieces().get(0).text()).endsWith("<|im_end|>\n<|im_start|>");
        assertThat(prompt.pieces().get(1)).isEqualTo(new ChatPrompt.Stretch("user", false));
        assertThat(prompt.pieces().get(2)).isEqualTo(new ChatPrompt.Stretch("\n", true));
        assertThat(prompt.pieces().get(3)).isEqualTo(new ChatPrompt.Stretch("Hi <|im_end|>", false));
        assertThat(prompt.pieces().get(4))
                .isEqualTo(new ChatPrompt.Stretch("<|im_end|>\n<|im_start|>assistant\n", true));
    }

    @Test
    void theRequestsVariablesStandForNothingOfTheTemplates() {
        JinjaLayout layout = JinjaLayout.of(
                "{{ bos_token }}{{ messages | length }}{{ more }}{{ tools }}{% for m in messages %}{{ m.content }}{%"
                        + " endfor %}",
                TOKENS);
        Map<String, @Nullable Object> variables =
                Map.of("bos_token", "evil", "messages", List.of(1L), "more", "!", "tools", "evil");
        ChatPrompt prompt = layout.render(new Conversation(List.of(), List.of(), false, false, variables));
        assertThat(prompt.text()).isEqualTo("<s>0!None");
        assertThat(prompt.pieces().get(0)).isEqualTo(new ChatPrompt.Stretch("<s>0", true));
        assertThat(prompt.pieces().get(1)).isEqualTo(new ChatPrompt.Stretch("!", false));
    }

    /** Expected by transformers 5.23. */
    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "smollm2,Once upon,assistant\\nOnce upon",
                "smollm2,Once  ,assistant\\nOnce  ",
                "smollm2,'',assistant\\n",
                "smollm2,a CONTINUE_FINAL_MESSAGE_TAG b,assistant\\na CONTINUE_FINAL_MESSAGE_TAG b",
                "llama-3,Once upon,assistant<|end_header_id|>\\n\\nOnce upon",
                "llama-3,Once  ,assistant<|end_header_id|>\\n\\nOnce",
                "llama-3,  x,assistant<|end_header_id|>\\n\\nx",
                "llama-3,'',assistant<|end_header_id|>",
                "mistral-v0.3,Once  ,<s>[INST] Hi[/INST] Once",
                "mistral-nemo,Once  ,<s>[INST]Hi[/INST]Once  ",
                "gemma,'',<start_of_turn>model",
                "qwen3,Once  ,assistant\\n<think>\\n\\n</think>\\n\\nOnce  "
            })
    void continuesTheLastMessage(String template, String content, String end) {
        Conversation conversation = chat(false, true, "user", "Hi", "assistant", content);
        assertThat(layout(template).render(conversation).text()).endsWith(end.replace("\\n", "\n"));
    }

    @Test
    void continuesTheLastTextBlock() {
        Map<String, @Nullable Object> blocks = Map.of(
                "role",
                "assistant",
                "content",
                List.of(Map.of("type", "text", "text", "One "), Map.of("type", "text", "text", "two ")));
        Conversation conversation = new Conversation(
                List.of(Map.of("role", "user", "content", "Hi"), blocks), List.of(), false, true, Map.of());
        assertThat(layout("mistral-small-3.2").render(conversation).text()).endsWith("[INST]Hi[/INST]One two ");
    }

    /** Templates that know no parts get one text, as vLLM gives it to them. */
    @Test
    void partsAreJoinedForTemplatesThatReadNone() {
        Map<String, @Nullable Object> parts = Map.of(
                "role",
                "user",
                "content",
                List.of(Map.of("type", "text", "text", "One "), Map.of("type", "text", "text", "two")));
        Conversation conversation = new Conversation(List.of(parts), List.of(), true, false, Map.of());
        assertThat(layout("smollm2").render(conversation).text()).contains("user\nOne \ntwo<|im_end|>");
        for (String loop : List.of("m.content", "m['content']", "m[\"content\"]")) {
            JinjaLayout reading = JinjaLayout.of(
                    "{% for m in messages %}{% for part in " + loop + " %}<{{ part.text }}>{% endfor %}{% endfor %}",
                    TOKENS);
            assertThat(reading.render(conversation).text()).isEqualTo("<One ><two>");
        }
    }

    @Test
    void reasoningGoesByEveryName() {
        Map<String, @Nullable Object> answer = Map.of("role", "assistant", "reasoning", "why", "content", "b");
        Conversation conversation = new Conversation(
                List.of(Map.of("role", "user", "content", "x"), answer), List.of(), false, true, Map.of());
        assertThat(layout("qwen3").render(conversation).text()).endsWith("<think>\nwhy\n</think>\n\nb");
    }

    @Test
    void whatCannotBeContinuedIsSaid() {
        refuses(chat(false, true), "There is no message to continue: the conversation is empty.");
        refuses(
                new Conversation(
                        List.of(
                                Map.of("role", "user", "content", "a"),
                                Map.of("role", "assistant", "content", List.of(1L))),
                        List.of(),
                        false,
                        true,
                        Map.of()),
                "The last message has no text to continue.");
        refuses(
                chat(true, true, "assistant", "x"),
                "continue_final_message and add_generation_prompt exclude each other: set one of them to false.");
        JinjaLayout forgetful =
                JinjaLayout.of("{% for m in messages %}{{ m.content.split('|')[0] }}{% endfor %}", TOKENS);
        assertThatThrownBy(() -> forgetful.render(chat(false, true, "user", "x", "assistant", "y|z")))
                .hasMessage("The last message cannot be continued: the chat template leaves out a part of it.");
        JinjaLayout deaf = JinjaLayout.of(
                "{% for m in messages %}{% if loop.first or not loop.last %}{{ m.content }}{% endif %}{% endfor %}",
                TOKENS);
        assertThatThrownBy(() -> deaf.render(chat(false, true, "user", "x", "assistant", "y")))
                .hasMessageStartingWith("continue_final_message: this model's chat template does not show the end of");
    }

    @Test
    void errorsNameTheLine() {
        JinjaLayout layout = JinjaLayout.of(
                "a\n{% for m in messages %}\n{{ m.content + (1 if m.name else '') }}\n{% endfor %}", TOKENS);
        Map<String, @Nullable Object> named = Map.of("role", "user", "content", "x", "name", "y");
        assertThatThrownBy(() -> layout.render(new Conversation(List.of(named), List.of(), true, false, Map.of())))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessage("The chat template cannot lay out this conversation: "
                        + "an integer cannot be added to text (line 3).");
        assertThatThrownBy(() -> JinjaLayout.of("a\n{{ x | urlize }}", TOKENS))
                .hasMessage("The chat template cannot be used: there is no filter named 'urlize' here (line 2).");
        assertThatThrownBy(() -> JinjaLayout.of("\n\n{% include 'x' %}", TOKENS))
                .hasMessage("The chat template cannot be used: the tag 'include' is not supported (line 3).");
        assertThatThrownBy(() -> JinjaLayout.of("{{ 'a'.encode() }}", TOKENS))
                .hasMessage("The chat template cannot be used: the method 'encode' is not supported (line 1).");
        assertThatThrownBy(() -> JinjaLayout.of("{{ [1] | map('nope') }}", TOKENS))
                .hasMessage("The chat template cannot be used: there is no filter named 'nope' here (line 1).");
    }

    @Test
    void theTemplatesOwnRefusalIsTheMessage() {
        assertThatThrownBy(() -> layout("gemma").render(chat(true, false, "system", "x")))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessage("System role not supported");
    }

    @Test
    void unknownObjectsAreRefused() {
        Map<String, @Nullable Object> message = new HashMap<>(Map.of("role", "user", "content", new Object()));
        assertThatThrownBy(() ->
                        layout("smollm2").render(new Conversation(List.of(message), List.of(), true, false, Map.of())))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessageContaining("a value that is not of JSON: Object");
    }

    private static void refuses(Conversation conversation, String message) {
        assertThatThrownBy(() -> layout("smollm2").render(conversation))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessage(message);
    }

    /** The template of that model, out of the oracle's cases. */
    static JinjaLayout layout(String model) {
        String template = Oracle.stream(Oracle.read("chat-templates").get("cases"))
                .filter(test -> test.get("name").asString().startsWith(model + ":"))
                .findFirst()
                .orElseThrow()
                .get("template")
                .asString();
        return JinjaLayout.of(template, TOKENS);
    }

    /** Roles and contents in turn. */
    static Conversation chat(boolean generate, boolean proceed, String... turns) {
        List<Map<String, @Nullable Object>> messages = Arrays.stream(new int[turns.length / 2])
                .mapToObj(i -> new HashMap<String, @Nullable Object>())
                .map(m -> (Map<String, @Nullable Object>) m)
                .toList();
        for (int i = 0; i < turns.length; i += 2) {
            messages.get(i / 2).put("role", turns[i]);
            messages.get(i / 2).put("content", turns[i + 1]);
        }
        return new Conversation(messages, List.of(), generate, proceed, Map.of());
    }
}
