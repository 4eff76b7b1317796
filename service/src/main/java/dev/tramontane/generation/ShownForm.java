package dev.tramontane.generation;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.Conversation;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.structure.Form;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The schema that an answer has to follow, for models that want to see it: Mistral's since version 15 whose files say so
 * ({@code model_settings_builder}). They are shown what mistral-common 1.13.1 shows them.
 */
final class ShownForm {
    /** Of an answer that is to be JSON and nothing more. */
    private static final Map<String, Object> ANY =
            Map.of("anyOf", List.of(Map.of("type", "object"), Map.of("type", "array")));

    private ShownForm() {}

    /** The prompt, which for such a model says what the form is, unless the conversation has a schema already. */
    static Prompt in(Prompt prompt, @Nullable AnswerForm form, ChatLayout layout) {
        if (form == null || !layout.showsSchema() || !(prompt instanceof Prompt.Chat chat)) {
            return prompt;
        }
        Object schema = switch (form.form()) {
            case Form.JsonSchema json -> json.schema();
            case Form.JsonObject _ -> ANY;
            default -> null;
        };
        Conversation told = chat.conversation();
        if (!(schema instanceof Map<?, ?>) || told.variables().containsKey(MistralSettings.SCHEMA)) {
            return prompt;
        }
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(told.variables());
        variables.put(MistralSettings.SCHEMA, schema);
        return new Prompt.Chat(
                new Conversation(
                        told.messages(),
                        told.tools(),
                        told.addGenerationPrompt(),
                        told.continueFinalMessage(),
                        variables),
                chat.computed());
    }
}
