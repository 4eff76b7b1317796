package dev.tramontane.app;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.CallStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatLayoutException;
import dev.tramontane.chat.JinjaLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.chat.NoLayout;
import dev.tramontane.chat.ReasoningPrompt;
import dev.tramontane.source.ChatSource;
import dev.tramontane.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which layout lays out a model's chats, and why it is this one.
 *
 * @param name "mistral-v3", "template", or "none"
 * @param reason why, for people; where there is none, what is wrong
 */
record LayoutChoice(ChatLayout layout, String name, String reason) {
    static final String AUTO = "auto";
    static final String TEMPLATE = "template";
    private static final String NONE = "none";

    /** What can be asked for. */
    static List<String> names() {
        List<String> names = new ArrayList<>(List.of(AUTO, TEMPLATE));
        for (MistralVersion version : MistralVersion.values()) {
            names.add(version.layoutName());
        }
        return names;
    }

    /**
     * Chooses what was asked for or, left to itself, what the files say: the version of Mistral's own tokenizer files,
     * else the template.
     *
     * @param asked one of {@link #names}
     * @throws UsageException when what was asked for does not fit the model
     */
    static LayoutChoice of(ChatSource source, Tokenizer tokenizer, String asked) {
        String flag = Setting.CHAT_LAYOUT.flag();
        LayoutChoice choice;
        if (asked.equals(AUTO)) {
            return source.version()
                    .map(version -> mistral(
                            source,
                            version,
                            tokenizer,
                            "the tokenizer's file is of Mistral's version " + version.label()))
                    .orElseGet(() -> template(source, "the model's files hold one"));
        } else if (asked.equals(TEMPLATE)) {
            choice = template(source, flag + " says so");
        } else {
            MistralVersion version = Arrays.stream(MistralVersion.values())
                    .filter(each -> each.layoutName().equals(asked))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no layout is called " + asked));
            choice = mistral(source, version, tokenizer, flag + " says so");
        }
        if (!choice.exists()) {
            throw new UsageException(flag + " " + asked + " does not fit this model: " + choice.reason());
        }
        return choice;
    }

    /** What can be asked for as {@link Setting#TOOL_PARSER}. */
    static List<String> parsers() {
        List<String> names = new ArrayList<>(List.of(AUTO, NONE));
        Arrays.stream(CallStyle.values()).forEach(style -> names.add(style.label()));
        return names;
    }

    /** The same, with tool calls that are read as was asked for, one of {@link #parsers}. */
    LayoutChoice reading(String parser) {
        if (parser.equals(AUTO) || !exists()) {
            return this;
        }
        AnswerStyle form =
                new AnswerStyle(CallStyle.of(parser).orElse(null), layout.form().thoughts());
        return new LayoutChoice(layout.answeredIn(form), name, reason);
    }

    /** In what form the model's answers are read, for people. */
    String answers() {
        AnswerStyle form = layout.form();
        CallStyle calls = form.calls();
        ThoughtStyle thoughts = form.thoughts();
        return "tool calls "
                + (calls == null
                        ? "stay text (" + Setting.TOOL_PARSER.flag() + ")"
                        : "as " + calls.label() + " (" + calls.open() + ")")
                + (thoughts == null ? "" : ", thoughts between " + thoughts.open() + " and " + thoughts.close());
    }

    /** Whether chats can be laid out. */
    boolean exists() {
        return !(layout instanceof NoLayout);
    }

    private static LayoutChoice mistral(ChatSource source, MistralVersion version, Tokenizer tokenizer, String why) {
        String missing = version.controlTokens().stream()
                .filter(token -> tokenizer.controlId(token).isEmpty())
                .collect(Collectors.joining(", "));
        if (!missing.isEmpty()) {
            return none("The layout " + version.layoutName() + " needs control tokens that the vocabulary lacks: "
                    + missing + ".");
        }
        try {
            MistralLayout layout = source.settings()
                    .map(settings -> MistralLayout.of(version, settings))
                    .orElseGet(() -> MistralLayout.of(version));
            boolean marked = MistralVersion.thoughtTokens().stream()
                    .allMatch(token -> tokenizer.controlId(token).isPresent());
            // Version 11 has models that write the marks as text.
            boolean thinks = marked || !version.hasThoughts();
            return new LayoutChoice(
                    prompted(thinks ? layout : layout.withoutThoughts(), source), version.layoutName(), why);
        } catch (ChatLayoutException unsupported) {
            return none(String.valueOf(unsupported.getMessage()));
        }
    }

    private static LayoutChoice template(ChatSource source, String why) {
        Optional<String> template = source.template();
        if (template.isEmpty()) {
            return none("This model's files hold no chat template. Use /v1/completions, or say with "
                    + Setting.CHAT_LAYOUT.flag() + " which of Mistral's layouts it was trained on.");
        }
        try {
            JinjaLayout layout = JinjaLayout.of(template.get(), source.specials());
            String leftOut = layout.leftOut();
            return new LayoutChoice(
                    prompted(layout, source),
                    TEMPLATE,
                    leftOut.isEmpty() ? why : why + "; it does not show " + leftOut);
        } catch (ChatLayoutException unusable) {
            return none(String.valueOf(unusable.getMessage()));
        }
    }

    private static ChatLayout prompted(ChatLayout layout, ChatSource source) {
        return source.systemPrompt()
                .map(prompt -> ReasoningPrompt.of(layout, prompt))
                .orElse(layout);
    }

    private static LayoutChoice none(String reason) {
        return new LayoutChoice(new NoLayout(reason), NONE, reason);
    }
}
