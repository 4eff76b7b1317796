package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.chat.Conversation;
import dev.tramontane.chat.JinjaLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.source.ChatSource;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabularies;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LayoutChoiceTest {
    private static final Tokenizer MISTRAL = Tokenizers.of(Vocabularies.bytes(
            "gpt-2",
            Arrays.stream(MistralVersion.values())
                    .flatMap(version -> version.controlTokens().stream())
                    .distinct()
                    .toList()));
    private static final Tokenizer OTHER = Tokenizers.of(Vocabularies.bytes("gpt-2", List.of("<s>", "</s>", "[INST]")));
    private static final ChatSource BARE = new ChatSource(Optional.empty(), Optional.empty(), Map.of());
    private static final ChatSource TEMPLATE =
            new ChatSource(Optional.of("{{ messages }}"), Optional.empty(), Map.of());

    private static ChatSource of(MistralVersion version) {
        return new ChatSource(Optional.of("{{ messages }}"), Optional.of(version), Map.of());
    }

    @Test
    void toolCallsAreReadAsAskedFor() {
        LayoutChoice mistral = LayoutChoice.of(of(MistralVersion.V3_TEKKEN), MISTRAL, "auto");
        assertThat(mistral.reading("auto").answers()).isEqualTo("tool calls as mistral_v3 ([TOOL_CALLS])");
        assertThat(mistral.reading("hermes").answers()).isEqualTo("tool calls as hermes (<tool_call>)");
        assertThat(mistral.reading("none").layout().form().calls()).isNull();
        assertThat(mistral.reading("none").exists()).isTrue();
        assertThat(LayoutChoice.of(BARE, OTHER, "auto").reading("hermes").exists())
                .isFalse();
        assertThat(LayoutChoice.parsers()).contains("auto", "none", "llama3_json");
    }

    @Test
    void leftToItselfItIsWhatTheFilesSay() {
        LayoutChoice mistral = LayoutChoice.of(of(MistralVersion.V3_TEKKEN), MISTRAL, "auto");
        assertThat(mistral.layout()).isInstanceOf(MistralLayout.class);
        assertThat(mistral.name()).isEqualTo("mistral-v3-tekken");
        assertThat(mistral.reason()).isEqualTo("the tokenizer's file is of Mistral's version v3-tekken");
        LayoutChoice template = LayoutChoice.of(TEMPLATE, OTHER, "auto");
        assertThat(template.layout()).isInstanceOf(JinjaLayout.class);
        assertThat(template.name()).isEqualTo("template");
        assertThat(template.reason()).isEqualTo("the model's files hold one; it does not show tools");
    }

    @Test
    void whatWasAskedForOverrides() {
        LayoutChoice mistral = LayoutChoice.of(TEMPLATE, MISTRAL, "mistral-v7");
        assertThat(mistral.layout()).isInstanceOf(MistralLayout.class);
        assertThat(mistral.reason()).isEqualTo("--chat-layout says so");
        assertThat(LayoutChoice.of(of(MistralVersion.V7), MISTRAL, "template").layout())
                .isInstanceOf(JinjaLayout.class);
        assertThat(LayoutChoice.of(BARE, OTHER, "mistral-v1").name()).isEqualTo("mistral-v1");
    }

    @Test
    void whatWasAskedForAndDoesNotFitIsRefused() {
        refuses(
                BARE,
                "mistral-v3",
                "The layout mistral-v3 needs control tokens that the vocabulary lacks: [/INST], [AVAILABLE_TOOLS],"
                        + " [/AVAILABLE_TOOLS], [TOOL_RESULTS], [/TOOL_RESULTS], [TOOL_CALLS].");
        refuses(BARE, "template", "This model's files hold no chat template.");
        refuses(
                new ChatSource(Optional.of("{% include 'x' %}"), Optional.empty(), Map.of()),
                "template",
                "The chat template cannot be used: the tag 'include' is not supported (line 1).");
    }

    @Test
    void settingsComeFromTheTokenizersFile() {
        MistralSettings settings = new MistralSettings(List.of("none", "high"), "none", false);
        ChatSource source = new ChatSource(
                Optional.empty(), Optional.of(MistralVersion.V15), Optional.of(settings), Optional.empty(), Map.of());
        LayoutChoice choice = LayoutChoice.of(source, MISTRAL, "auto");
        assertThat(choice.name()).isEqualTo("mistral-v15");
        ChatPrompt prompt = choice.layout()
                .render(new Conversation(
                        List.of(Map.of("role", "user", "content", "a")), List.of(), true, false, Map.of()));
        assertThat(prompt.text()).contains("[MODEL_SETTINGS]{\"reasoning_effort\": \"none\"}[/MODEL_SETTINGS]");
        assertThatThrownBy(() -> LayoutChoice.of(of(MistralVersion.V13), MISTRAL, "mistral-v15"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("begin with settings that tekken.json describes");
    }

    private static void refuses(ChatSource source, String asked, String reason) {
        assertThatThrownBy(() -> LayoutChoice.of(source, OTHER, asked))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith("--chat-layout " + asked + " does not fit this model: " + reason);
    }

    @Test
    void withoutALayoutThereIsAReason() {
        assertThat(LayoutChoice.of(BARE, OTHER, "auto").exists()).isFalse();
        assertThat(LayoutChoice.of(BARE, OTHER, "auto").name()).isEqualTo("none");
        assertThat(LayoutChoice.of(of(MistralVersion.V15), MISTRAL, "auto").reason())
                .startsWith("Chats of Mistral's tokenizer version v15 begin with settings that tekken.json describes");
        assertThat(LayoutChoice.of(of(MistralVersion.V3), OTHER, "auto").reason())
                .startsWith("The layout mistral-v3 needs control tokens");
        assertThat(LayoutChoice.names())
                .containsExactly(
                        "auto",
                        "template",
                        "mistral-v1",
                        "mistral-v2",
                        "mistral-v3",
                        "mistral-v3-tekken",
                        "mistral-v7",
                        "mistral-v7-tekken",
                        "mistral-v11",
                        "mistral-v13",
                        "mistral-v15");
        for (String name : LayoutChoice.names()) {
            assertThat(new SettingOption(Setting.CHAT_LAYOUT).spec().description()[0])
                    .contains(name);
        }
    }

    /** A flag without effect would be a promise. */
    @Test
    void commandsThatLayOutNoChatsHaveNoFlagForIt() {
        CapturedProgram.Outcome refused = new CapturedProgram().run("complete", "--chat-layout", "template", "x");
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err()).contains("Unknown option", "'--chat-layout'");
        for (String command : List.of("serve", "chat", "inspect")) {
            assertThat(new CapturedProgram().run(command, "--help").out()).contains("--chat-layout=NAME");
        }
    }

    /** A template that shows nobody's words is no layout; the reason says so, to people and to clients. */
    @Test
    void aTemplateThatShowsNothingIsNone() {
        ChatSource silent = new ChatSource(Optional.of("{{ bos_token }}Hello"), Optional.empty(), Map.of());
        LayoutChoice choice = LayoutChoice.of(silent, OTHER, "auto");
        assertThat(choice.exists()).isFalse();
        assertThat(choice.name()).isEqualTo("none");
        assertThat(choice.reason())
                .isEqualTo("The chat template cannot be used: it shows a user's words neither as a text nor as parts.");
    }
}
