package dev.tramontane.chat;

import dev.tramontane.chat.jinja.Template;
import dev.tramontane.chat.jinja.value.ForeignValues;
import dev.tramontane.chat.jinja.value.Limits;
import dev.tramontane.chat.jinja.value.TemplateException;
import dev.tramontane.chat.jinja.value.Text;
import dev.tramontane.chat.jinja.value.Value;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Lays out conversations by the Jinja template of a model file, as {@code apply_chat_template} of transformers does: the
 * same variables, the same settings of Jinja, the same way to continue a message. Immutable; any thread but the event
 * loop.
 */
public final class JinjaLayout implements ChatLayout {
    private static final Pattern PARTS = Pattern.compile("for\\s+\\w+\\s+in\\s+\\w+(\\.content|\\[['\"]content['\"]])");

    private final Template template;
    private final String source;
    private final Map<String, Value> specialTokens;
    private final Limits limits;
    private final Supplier<ZonedDateTime> now;
    /** Whether the template goes through the parts of a message itself. */
    private final boolean readsParts;

    private JinjaLayout(
            Template template,
            String source,
            Map<String, Value> specialTokens,
            Limits limits,
            Supplier<ZonedDateTime> now) {
        this.template = template;
        this.source = source;
        this.specialTokens = specialTokens;
        this.limits = limits;
        this.now = now;
        readsParts = PARTS.matcher(source).find();
    }

    /**
     * Parses a template.
     *
     * @param specialTokens spellings by variable name: bos_token, eos_token, ...
     * @throws ChatLayoutException when the template is wrong or uses what is not supported
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
        specialTokens.forEach((name, token) -> tokens.put(name, Text.own(token)));
        try {
            return new JinjaLayout(Template.of(template), template, Map.copyOf(tokens), limits, now);
        } catch (TemplateException e) {
            throw new ChatLayoutException(
                    "The chat template cannot be used: " + e.getMessage() + " (line " + e.line() + ").");
        }
    }

    @Override
    public ChatPrompt render(Conversation conversation) {
        if (conversation.continueFinalMessage() && conversation.addGenerationPrompt()) {
            throw new ChatLayoutException(
                    "continue_final_message and add_generation_prompt exclude each other: set one of them to false.");
        }
        List<Map<String, @Nullable Object>> messages = Messages.withReasoning(conversation.messages());
        if (!readsParts) {
            messages = Messages.withJoinedParts(messages);
        }
        Continuation continuation = null;
        if (conversation.continueFinalMessage()) {
            continuation = Continuation.of(messages, source);
            messages = continuation.messages();
        }
        Text text = render(conversation, messages);
        return prompt(continuation == null ? text : continuation.cut(text));
    }

    private Text render(Conversation conversation, List<Map<String, @Nullable Object>> messages) {
        try {
            Map<String, Value> context = new HashMap<>();
            for (Map.Entry<String, @Nullable Object> variable :
                    conversation.variables().entrySet()) {
                context.put(variable.getKey(), ForeignValues.of(variable.getValue()));
            }
            // After the request's own variables, so that none of them stands for these.
            context.putAll(specialTokens);
            context.put("messages", ForeignValues.of(messages));
            context.put(
                    "tools", conversation.tools().isEmpty() ? Value.None.NONE : ForeignValues.of(conversation.tools()));
            context.put("documents", Value.None.NONE);
            context.put("add_generation_prompt", Value.Bool.of(conversation.addGenerationPrompt()));
            return template.render(context, limits, now);
        } catch (TemplateException e) {
            if (e.isRaised()) {
                throw new ChatLayoutException(String.valueOf(e.getMessage()));
            }
            String where = e.line() > 0 ? " (line " + e.line() + ")" : "";
            throw new ChatLayoutException(
                    "The chat template cannot lay out this conversation: " + e.getMessage() + where + ".");
        }
    }

    private static ChatPrompt prompt(Text text) {
        List<ChatPrompt.Piece> pieces = new ArrayList<>();
        text.stretches((chars, own) -> pieces.add(new ChatPrompt.Stretch(chars, own)));
        return new ChatPrompt(pieces);
    }
}
