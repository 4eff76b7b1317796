package dev.tramontane.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Oracle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What templates show is found by running them: all of the repository's, and ones made to be awkward. */
final class TemplateTraitsTest {
    private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");

    /** Contents of every kind that a model may have written as arguments. */
    private static final List<String> ODD = List.of(
            "{\"a\": \"",
            "NaN",
            "null",
            "[1]",
            "{\"a\":1,\"a\":2}",
            "{\"a\": \"x\ny\"}",
            "{'a': 1}",
            "",
            " ",
            "1",
            "\"s\"",
            "{\"a\": NaN}",
            "{\"a\": 1} x",
            "{\"a\": 18446744073709551616}",
            "{\"a\": \"\\ud800\"}",
            "{\"a\":".repeat(95) + "1" + "}".repeat(95),
            "[".repeat(5000));

    static List<String> models() {
        return Oracle.stream(Oracle.read("chat-templates").get("cases"))
                .map(test -> test.get("name").asString())
                .filter(name -> !name.startsWith("feature"))
                .map(name -> name.substring(0, name.indexOf(':')))
                .distinct()
                .toList();
    }

    @Test
    void whatThePublishedTemplatesLeaveOut() {
        Map<String, String> leftOut = new TreeMap<>();
        models().forEach(model ->
                leftOut.put(model, JinjaLayoutTest.layout(model).leftOut()));
        String beside = "tool calls, or the words beside them, in a turn that has both";
        assertThat(leftOut)
                .isEqualTo(new TreeMap<>(Map.ofEntries(
                        Map.entry("chatml", "tools"),
                        Map.entry("deepseek-r1", "tools"),
                        Map.entry("gemma", "tools"),
                        Map.entry("llama-2", "tools"),
                        Map.entry("llama-3", "tools"),
                        Map.entry("llama-3.1", beside),
                        Map.entry("mistral-nemo", beside),
                        Map.entry("mistral-small-3.2", beside),
                        Map.entry("mistral-v0.1", "tools"),
                        Map.entry("mistral-v0.2", "tools"),
                        Map.entry("mistral-v0.3", beside),
                        Map.entry("phi-3.5", "tools, tools' messages"),
                        Map.entry("qwen2.5", ""),
                        Map.entry("qwen3", ""),
                        Map.entry("qwen3-coder", ""),
                        Map.entry("smollm2", "tools"),
                        Map.entry("smollm3", "a second system message, system messages after the first turn, tools"),
                        Map.entry("zephyr", "tools, tools' messages"))));
    }

    /** Whatever form the words have, each template of the repository shows them, and shows nothing of Python's. */
    @ParameterizedTest
    @MethodSource("models")
    void contentOfEveryForm(String model) {
        JinjaLayout layout = JinjaLayoutTest.layout(model);
        String text = layout.render(talk(user("Alpha"))).text();
        assertThat(layout.render(talk(user(parts("Alpha")))).text()).isEqualTo(text);
        String two = layout.render(talk(user(parts("Alpha", "Beta")))).text();
        assertThat(two).containsSubsequence("Alpha", "Beta").doesNotContain("'text'");
        for (Object nothing : Arrays.asList(null, "", List.of())) {
            Conversation conversation = talk(user("Alpha"), message("assistant", nothing), user("Beta"));
            assertThat(layout.render(conversation).text())
                    .isEqualTo(layout.render(talk(user("Alpha"), message("assistant", ""), user("Beta")))
                            .text())
                    .doesNotContain("None");
        }
    }

    /** A conversation goes on whatever a model wrote as arguments, and the words are there, if its template shows calls or not. */
    @ParameterizedTest
    @MethodSource("models")
    void argumentsOfEveryKind(String model) {
        JinjaLayout layout = JinjaLayoutTest.layout(model);
        boolean inContent = layout.traits().calls().inContent();
        for (String arguments : ODD) {
            for (Object silence : Arrays.asList(null, "", List.of())) {
                Map<String, @Nullable Object> after = inContent ? user("Beta") : result("Beta");
                String text = layout.render(talk(user("Alpha"), calling(silence, arguments), after))
                        .text();
                assertThat(text).contains("Alpha", "get_weather", "Beta").doesNotContain("None");
                if (inContent) {
                    assertThat(text).contains(PythonJson.dumps(MistralTurn.value(arguments)));
                }
            }
        }
    }

    /** ggml-org/llama.cpp#18485: with one template a failure, with the other the word None. */
    @Test
    void missingContentBesideCallsIsNone() {
        JinjaLayout trimming = JinjaLayout.of("{% for m in messages %}[{{ m.content | trim }}]{% endfor %}", TOKENS);
        for (JinjaLayout layout : List.of(JinjaLayoutTest.layout("smollm2"), trimming)) {
            Map<String, @Nullable Object> missing = calling("", "{}");
            missing.remove("content");
            String text = layout.render(talk(user("weather?"), calling("", "{}"), result("12")))
                    .text();
            assertThat(text).containsSubsequence("weather?", "{\"name\": \"get_weather\", \"arguments\": {}}", "12");
            assertThat(layout.render(talk(user("weather?"), calling(null, "{}"), result("12")))
                            .text())
                    .isEqualTo(text);
            assertThat(layout.render(talk(user("weather?"), missing, result("12")))
                            .text())
                    .isEqualTo(text);
        }
        assertThat(trimming.render(talk(user("a"), calling(parts("Wait", "a bit"), "{"), result("12")))
                        .text())
                .isEqualTo("[a][Wait\na bit\n{\"name\": \"get_weather\", \"arguments\": \"{\"}][12]");
        assertThat(trimming.render(talk(user("a"), message("assistant", null), user("b")))
                        .text())
                .isEqualTo("[a][][b]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '`',
            value = {
                "{{ c.arguments | tojson }} # {\"a\": \" # \"{\\\"a\\\": \\\"\"",
                "{{ c.arguments | tojson }} # [1] # [1]",
                "{{ c.arguments | tojson }} # null # null",
                "{{ c.arguments | tojson }} # {\"a\":1,\"a\":2} # {\"a\": 2}",
                "{{ c.arguments | tojson }} # {\"a\": 18446744073709551616} # {\"a\": 18446744073709551616}",
                "{{ c.arguments }} # {\"a\":1,\"a\":2} # {\"a\":1,\"a\":2}",
                "{{ 'x' + c.arguments }} # {'a': 1} # x{'a': 1}",
                "{% for k, v in c.arguments.items() %}<{{ k }}={{ v }}>{% endfor %} # {\"b\": \"c\"} # <b=c>",
                "{% for k, v in c.arguments.items() %}<{{ k }}={{ v }}>{% endfor %} # {'a': 1} # <arguments={'a': 1}>",
                "{% for k in c.arguments %}<{{ k }}={{ c.arguments[k] }}>{% endfor %} # [7] # <7=>",
                "{% if c.arguments is mapping %}{{ c.arguments | tojson }}{% endif %} # oops # {\"arguments\":"
                        + " \"oops\"}",
                "{% if c.arguments is string %}{{ c.arguments }}{% else %}{{ c.arguments | tojson }}{% endif %} # {'a'"
                        + " # {'a'",
                "{% if m.content is none %}{{ c.arguments | tojson }}{% endif %} # {\"b\": 1} # {\"b\": 1}"
            })
    void argumentsInTheTemplatesForm(String shown, String arguments, String expected) {
        JinjaLayout layout = JinjaLayout.of(
                "{% for m in messages %}{{ m.content or '' }}{% for t in m.tool_calls or [] %}{% set c = t.function %}"
                        + "[{{ c.name }}]" + shown + "{% endfor %}{% endfor %}",
                TOKENS);
        assertThat(layout.render(talk(user("Alpha"), calling(null, arguments), result("Beta")))
                        .text())
                .isEqualTo("Alpha[get_weather]" + expected + "Beta");
    }

    /** The template of vllm-project/vllm#9358, and others that read content in one way only. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '`',
            value = {
                "{% for p in m['content'] %}{% if p['type'] == 'text' %}{{ p['text'] }}{% endif %}{% endfor %} # one #"
                        + " one|two",
                "{% for line in m.content.split('\\n') %}{{ line }}|{% endfor %} # one| # one|two|",
                "{{ m.content[0].text }} # one # one~two",
                "{{ m.content | trim }} # one # one~two",
                "{{ m.content }} # one # one~two",
                "{{ m.content | upper }} # ONE # ONE~TWO",
                "{{ m.content | tojson }} # `\"one\"` # `\"one\\ntwo\"`",
                "{% for p in m.content %}{{ p.text }}|{% endfor %} # one| # one|two|",
                "{% for p in m.content %}{{ p }}{% endfor %} # one # one~two",
                "{% if m.content is string %}{{ m.content }}{% else %}{{ m.content | map(attribute='text') | join('+')"
                        + " }}{% endif %} # one # one+two"
            })
    void contentInTheTemplatesForm(String shown, String one, String two) {
        String joint = shown.startsWith("{% for p in m['content']") ? "" : "|";
        JinjaLayout layout =
                JinjaLayout.of("{% for m in messages %}" + shown.replace("\\n", "\n") + "{% endfor %}", TOKENS);
        assertThat(layout.render(talk(user("one"))).text()).isEqualTo(one);
        assertThat(layout.render(talk(user(parts("one")))).text()).isEqualTo(one);
        assertThat(layout.render(talk(user(parts("one", "two")))).text())
                .isEqualTo(joint.isEmpty() ? "onetwo" : two.replace('~', '\n'));
    }

    /** As in Llama 3.2 Vision and others: the system's words are read as a string, the user's as parts. */
    @Test
    void eachRoleHasAFormOfItsOwn() {
        JinjaLayout layout = JinjaLayout.of(
                "{% for m in messages %}{% if m.role == 'system' %}[{{ m.content | trim }}]{% else %}"
                        + "{% for p in m.content %}{{ p.text }}{% endfor %}{% endif %}{% endfor %}",
                TOKENS);
        for (Object system : List.of("Be kind", parts("Be kind"))) {
            for (Object user : List.of("Alpha", parts("Alpha"))) {
                assertThat(layout.render(talk(message("system", system), user(user)))
                                .text())
                        .isEqualTo("[Be kind]Alpha");
            }
        }
    }

    /** Members that are not known here reach a template that reads them. */
    @Test
    void furtherMembersOfPartsAreKept() {
        JinjaLayout layout = JinjaLayout.of(
                "{% for m in messages %}{% for p in m.content %}{{ p.text }}<{{ p.cache }}>{% endfor %}{{ m.mood }}{%"
                        + " endfor %}",
                TOKENS);
        Map<String, @Nullable Object> message =
                message("user", List.of(Map.of("type", "text", "text", "Alpha", "cache", "warm")));
        message.put("mood", "fine");
        assertThat(layout.render(talk(message)).text()).isEqualTo("Alpha<warm>fine");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ bos_token }}Hello",
                "{% for m in messages %}{{ m.content | length }}{% endfor %}",
                "{% for m in messages %}{{ m.role }}{% endfor %}",
                "{{ messages[0].contents }}"
            })
    void templatesThatShowNothingAreRefusedAtLoad(String template) {
        assertThatThrownBy(() -> JinjaLayout.of(template, TOKENS))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessage(
                        "The chat template cannot be used: it shows a user's words neither as a text nor as parts.");
    }

    /** Whatever a template does on a probe, there is a reason in few words, and soon. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %} # 300000 steps",
                "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %} #"
                        + " characters",
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }} # nests deeper",
                "{{ raise_exception('x' * 500000) }} # xxxxx",
                "{{ messages[5].content.strip() }} # has no element",
                "{{ messages[0].content + 1 }} # an integer cannot be added",
                "{{ 1 // 0 }} # zero",
                "{{ 10 ** 4299 * 1000 }} # digits",
                "{{ messages.content }}{{ nothing.at.all }} # nothing",
                "{{ strftime_now(messages) }} # strftime_now"
            })
    void templatesThatFailAreRefusedAtLoad(String template, String why) {
        assertThatThrownBy(() -> JinjaLayout.of(template, TOKENS))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessageStartingWith("The chat template cannot be used: it fails on a message of the user's. ")
                .hasMessageContaining(why)
                .message()
                .hasSizeLessThan(1200);
    }

    /** Templates of every construct, none of them made for chats: a layout or a reason, and nothing else. */
    @Test
    void everyConstructIsProbedOrRefused() {
        int refused = 0;
        for (JsonNode test : Oracle.read("chat-templates").get("cases")) {
            String template = test.get("template").asString();
            if (test.get("name").asString().startsWith("feature")) {
                try {
                    JinjaLayout.of(template + "{{ messages[0].content }}", TOKENS);
                } catch (ChatLayoutException reason) {
                    assertThat(reason).hasMessageStartingWith("The chat template cannot be used: ");
                    refused++;
                }
            }
        }
        assertThat(refused).isBetween(50, 250);
    }

    @Test
    void whatIsLeftOutIsRefusedByName() {
        String last = "{{ messages[-1].content }}";
        refuses(last, talk(user("a"), message("assistant", "b"), user("c")), "messages[1]: ");
        refuses(
                last,
                talk(user("a"), user("c")),
                "messages: this model's chat template does not show any but the last");
        assertThat(JinjaLayout.of(last, TOKENS).render(talk(user("a"))).text()).isEqualTo("a");
        String first = "{{ messages[0].content }}";
        refuses(
                first,
                talk(user("a"), user("c")),
                "messages: this model's chat template does not show any but the first");
        String others = "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}";
        refuses(
                others,
                talk(message("system", "s"), user("a")),
                "messages[0]: this model's chat template does not show");
        refuses(
                others,
                talk(user("a"), calling(null, "{}")),
                "messages[1]: this model's chat template does not show the");
        refuses(others, talk(user("a"), result("r")), "messages[1]: this model's chat template does not show tools'");
        assertThat(JinjaLayout.of(others, TOKENS)
                        .render(talk(message("system", " "), user("a")))
                        .text())
                .isEqualTo("a");
        Conversation tooled = new Conversation(
                talk(user("a")).messages(),
                List.of(Map.of("type", "function", "function", Map.of("name", "f"))),
                true,
                false,
                Map.of());
        refuses(others, tooled, "tools: this model's chat template does not show tools");
    }

    /** A template that demands a system message is probed with one. */
    @Test
    void aTemplateMayDemandASystemMessage() {
        JinjaLayout layout = JinjaLayout.of(
                "{% if messages[0].role != 'system' %}{{ raise_exception('Say who I am.') }}{% endif %}"
                        + "{% for m in messages %}{{ m.content }}{% endfor %}",
                TOKENS);
        assertThat(layout.leftOut()).isEqualTo("tools");
        assertThatThrownBy(() -> layout.render(talk(user("a")))).hasMessage("Say who I am.");
    }

    private static void refuses(String template, Conversation conversation, String message) {
        assertThatThrownBy(() -> JinjaLayout.of(template, TOKENS).render(conversation))
                .isInstanceOf(ChatLayoutException.class)
                .hasMessageStartingWith(message);
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // Nobody writes to the array.
    private static Conversation talk(Map<String, @Nullable Object>... messages) {
        return new Conversation(Arrays.asList(messages), List.of(), true, false, Map.of());
    }

    private static Map<String, @Nullable Object> message(String role, @Nullable Object content) {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role);
        message.put("content", content);
        return message;
    }

    private static Map<String, @Nullable Object> user(Object content) {
        return message("user", content);
    }

    private static Map<String, @Nullable Object> result(String content) {
        Map<String, @Nullable Object> message = message("tool", content);
        message.put("tool_call_id", "abcDEF123");
        return message;
    }

    private static Map<String, @Nullable Object> calling(@Nullable Object content, String arguments) {
        Map<String, @Nullable Object> message = message("assistant", content);
        message.put(
                "tool_calls",
                List.of(Map.of(
                        "id",
                        "abcDEF123",
                        "type",
                        "function",
                        "function",
                        Map.of("name", "get_weather", "arguments", arguments))));
        return message;
    }

    private static List<Object> parts(String... texts) {
        List<Object> parts = new ArrayList<>();
        for (String text : texts) {
            parts.add(Map.of("type", "text", "text", text));
        }
        return parts;
    }
}
