package dev.tramontane.chat;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.jinja.Template;
import dev.tramontane.jinja.value.Limits;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.UntrustedValues;
import dev.tramontane.jinja.value.Value;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lays out conversations by the Jinja template of a model file, as {@code apply_chat_template} of transformers does: the
 * same variables, the same settings of Jinja, the same way to continue a message. What the template shows is found out
 * by running it when it is loaded: messages are given to it in forms that it shows, and what it would leave out is
 * refused. Immutable; any thread but the event loop.
 */
public final class JinjaLayout implements ChatLayout {
    /** What one probe may cost: many times what published templates take, and still little. */
    private static final Limits PROBE = new Limits(300_000, 4_000_000, 1_000_000, 250, Limits.DEFAULT.time());

    /** Of a template's own words about what it refuses. */
    private static final int MESSAGE_CHARACTERS = 1000;

    private final Template template;
    private final Map<String, Value> specialTokens;
    private final Limits limits;
    private final Supplier<ZonedDateTime> now;
    private final TemplateTraits traits;
    private final AnswerStyle form;

    private JinjaLayout(String source, Map<String, Value> specialTokens, Limits limits, Supplier<ZonedDateTime> now) {
        template = Template.of(source);
        this.specialTokens = specialTokens;
        this.limits = limits;
        this.now = now;
        traits = TemplateProbes.traits(
                probe -> text(probe, probe.messages(), PROBE).chars());
        form = new AnswerStyle(traits.style(), thoughts(source));
    }

    /**
     * Parses a template.
     *
     * @param specialTokens spellings by variable name: bos_token, eos_token, ...
     * @throws ChatLayoutException when the template is wrong, uses what is not supported, or does not show what a user
     *     says
     */
    public static JinjaLayout of(String template, Map<String, String> specialTokens) {
        return of(template, specialTokens, Limits.DEFAULT, ZonedDateTime::now);
    }

    /**
     * Parses a template.
     *
     * @param limits what one rendering may cost
     * @param now what {@code strftime_now} writes
     */
    public static JinjaLayout of(
            String template, Map<String, String> specialTokens, Limits limits, Supplier<ZonedDateTime> now) {
        Map<String, Value> tokens = new HashMap<>();
        specialTokens.forEach((name, token) -> tokens.put(name, Text.trusted(token)));
        try {
            return new JinjaLayout(template, Map.copyOf(tokens), limits, now);
        } catch (TemplateException e) {
            throw new ChatLayoutException(
                    "The chat template cannot be used: " + e.getMessage() + " (line " + e.line() + ").");
        }
    }

    /** What a template does with an assistant's thoughts, it writes between marks or cuts at them. */
    private static @Nullable ThoughtStyle thoughts(String source) {
        return Stream.of(ThoughtStyle.TAGS, ThoughtStyle.MISTRAL)
                .filter(style -> source.contains(style.close()))
                .findFirst()
                .orElse(null);
    }

    @Override
    public ChatPrompt render(Conversation conversation) {
        if (conversation.continueFinalMessage() && conversation.addGenerationPrompt()) {
            throw new ChatLayoutException(
                    "continue_final_message and add_generation_prompt exclude each other: set one of them to false.");
        }
        ReasoningPrompt.refuse(conversation);
        traits.check(conversation);
        boolean odd = conversation.messages().stream().anyMatch(CallForm::hasOddArguments);
        try {
            return prompt(conversation, false);
        } catch (ChatLayoutException failed) {
            if (!odd) {
                throw failed;
            }
            try {
                // What a model wrote in place of a tool's arguments must not end the conversation.
                return prompt(conversation, true);
            } catch (ChatLayoutException again) {
                throw failed;
            }
        }
    }

    @Override
    public AnswerStyle form() {
        return form;
    }

    TemplateTraits traits() {
        return traits;
    }

    /** What the template leaves out without a word, for people: "tools, tool calls"; empty for nothing. */
    public String leftOut() {
        return traits.leftOut();
    }

    private ChatPrompt prompt(Conversation conversation, boolean plain) {
        List<Map<String, @Nullable Object>> messages =
                Messages.withReasoning(traits.fit(conversation.messages(), plain));
        Conversation told = new Conversation(
                messages,
                conversation.tools(),
                conversation.addGenerationPrompt(),
                conversation.continueFinalMessage(),
                Effort.variables(conversation.variables(), traits.switches(), form));
        if (!conversation.continueFinalMessage()) {
            return prompt(text(told, messages, limits));
        }
        boolean thinks = !messages.isEmpty()
                && ThoughtForm.isOpen(conversation.messages().getLast());
        Continuation continuation = Continuation.of(messages, thinks);
        return prompt(continuation.cut(text(told, continuation.messages(), limits)));
    }

    private Text text(Conversation conversation, List<Map<String, @Nullable Object>> messages, Limits most) {
        try {
            Map<String, Value> context = new HashMap<>();
            for (Map.Entry<String, @Nullable Object> variable :
                    conversation.variables().entrySet()) {
                context.put(variable.getKey(), UntrustedValues.of(variable.getValue()));
            }
            // After the request's own variables, so that none of them stands for these.
            context.putAll(specialTokens);
            context.put("messages", UntrustedValues.of(messages));
            context.put(
                    "tools",
                    conversation.tools().isEmpty() ? Value.None.NONE : UntrustedValues.of(conversation.tools()));
            context.put("documents", Value.None.NONE);
            context.put("add_generation_prompt", Value.Bool.of(conversation.addGenerationPrompt()));
            return template.render(context, most, now);
        } catch (TemplateException e) {
            if (e.isRaised()) {
                String said = String.valueOf(e.getMessage());
                throw new ChatLayoutException(
                        said.length() <= MESSAGE_CHARACTERS ? said : said.substring(0, MESSAGE_CHARACTERS) + "…");
            }
            String where = e.line() > 0 ? " (line " + e.line() + ")" : "";
            throw new ChatLayoutException(
                    "The chat template cannot lay out this conversation: " + e.getMessage() + where + ".");
        }
    }

    private static ChatPrompt prompt(Text text) {
        List<ChatPrompt.Piece> pieces = new ArrayList<>();
        text.stretches((chars, trusted) -> pieces.add(new ChatPrompt.Stretch(chars, trusted)));
        return new ChatPrompt(pieces);
    }
}
