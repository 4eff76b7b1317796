package dev.tramontane.chat;

import dev.tramontane.answer.AnswerStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A layout of a model that comes with instructions to think, which go before a conversation that asks for them by
 * {@link #VARIABLE}. Immutable.
 *
 * @param layout of the conversation with them
 * @param content of the system message that they are
 */
public record ReasoningPrompt(ChatLayout layout, List<Map<String, @Nullable Object>> content) implements ChatLayout {
    /** The variable of a conversation that asks for the instructions, and Mistral's name for the field that does. */
    public static final String VARIABLE = "prompt_mode";

    /** Its value; where it is anything else, it is not there. */
    public static final String REASONING = "reasoning";

    private static final Pattern THOUGHT = Pattern.compile(
            Pattern.quote(MistralToken.THINK) + "(.*?)" + Pattern.quote(MistralToken.THINK_END), Pattern.DOTALL);

    public ReasoningPrompt {
        content = List.copyOf(content);
    }

    /**
     * The layout of a model that comes with this prompt: the same one, unless the prompt shows how to think.
     *
     * @param prompt as it stands in the model's file, thoughts between the marks of Mistral's models
     */
    public static ChatLayout of(ChatLayout layout, String prompt) {
        List<Map<String, @Nullable Object>> parts = new ArrayList<>();
        Matcher thought = THOUGHT.matcher(prompt);
        int from = 0;
        while (thought.find()) {
            addText(prompt.substring(from, thought.start()), parts);
            parts.add(ThoughtPart.of(thought.group(1), true));
            from = thought.end();
        }
        if (from == 0 && !prompt.contains("</think>")) {
            return layout; // Every model may come with a system prompt; this one is about something else.
        }
        addText(prompt.substring(from), parts);
        return new ReasoningPrompt(layout, parts);
    }

    private static void addText(String text, List<Map<String, @Nullable Object>> parts) {
        if (!text.isEmpty()) {
            Map<String, @Nullable Object> part = new LinkedHashMap<>();
            part.put("type", "text");
            part.put("text", text);
            parts.add(part);
        }
    }

    @Override
    public ChatPrompt render(Conversation conversation) {
        boolean wanted = Effort.ANY.equals(conversation.variables().get(MistralSettings.EFFORT));
        if (!wanted && !conversation.variables().containsKey(VARIABLE)) {
            return layout.render(conversation);
        }
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(conversation.variables());
        variables.remove(VARIABLE);
        variables.remove(MistralSettings.EFFORT, Effort.ANY);
        Map<String, @Nullable Object> system = new LinkedHashMap<>();
        system.put("role", "system");
        system.put("content", content);
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        messages.add(system);
        messages.addAll(conversation.messages());
        return layout.render(new Conversation(
                messages,
                conversation.tools(),
                conversation.addGenerationPrompt(),
                conversation.continueFinalMessage(),
                variables));
    }

    @Override
    public AnswerStyle form() {
        return layout.form();
    }

    @Override
    public boolean showsSchema() {
        return layout.showsSchema();
    }

    /** @throws ChatLayoutException where a conversation still asks for instructions: the model came with none */
    static void refuse(Conversation conversation) {
        if (conversation.variables().containsKey(VARIABLE)) {
            throw new ChatLayoutException(
                    VARIABLE,
                    VARIABLE + ": this model came with no system prompt for reasoning (a SYSTEM_PROMPT.txt with a"
                            + " thought in it); write the instructions as a system message.");
        }
    }
}
