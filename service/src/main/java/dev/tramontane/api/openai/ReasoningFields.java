package dev.tramontane.api.openai;

import dev.tramontane.chat.MistralSettings;
import dev.tramontane.chat.ReasoningPrompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The fields that say how a model is to think before it answers. They become variables of the conversation: whether the model can
 * do as they say, its chat layout knows, and refuses by name what it can't.
 */
public final class ReasoningFields {
    private ReasoningFields() {}

    /** Those of chats: OpenAI's {@code reasoning_effort} and Mistral's {@code prompt_mode}. */
    static void read(JsonFields fields, Map<String, @Nullable Object> variables) {
        effort(fields, "reasoning_effort", variables);
        String mode = fields.string("prompt_mode");
        if (mode != null) {
            if (!mode.equals(ReasoningPrompt.REASONING)) {
                throw fields.wrong("prompt_mode", "\"" + ReasoningPrompt.REASONING + "\" or null", mode);
            }
            variables.put(ReasoningPrompt.VARIABLE, mode);
        }
    }

    /** Tokens that thoughts may have: vLLM's {@code thinking_token_budget}, Qwen's {@code thinking_budget}; empty for any number. */
    public static OptionalInt budget(JsonFields fields) {
        Long budget = fields.integer("thinking_token_budget", 0, Integer.MAX_VALUE);
        Long other = fields.integer("thinking_budget", 0, Integer.MAX_VALUE);
        if (budget != null && other != null) {
            throw new InvalidJsonException(
                    "thinking_budget", "thinking_budget and thinking_token_budget are the same; send one of them");
        }
        Long given = budget == null ? other : budget;
        return given == null ? OptionalInt.empty() : OptionalInt.of(given.intValue());
    }

    /**
     * Reads how much a model is to think, which may be there or not.
     *
     * @param holder of the field: a request, or the {@code reasoning} of one
     * @param variables of the conversation, to which it is added
     */
    public static void effort(JsonFields holder, String name, Map<String, @Nullable Object> variables) {
        String effort = holder.string(name);
        if (effort == null) {
            return;
        }
        if (!MistralSettings.EFFORTS.contains(effort)) {
            throw holder.wrong(name, "one of " + String.join(", ", MistralSettings.EFFORTS), effort);
        }
        Object other = variables.put(MistralSettings.EFFORT, effort);
        if (other != null && !Objects.equals(other, effort)) {
            String path = "chat_template_kwargs." + MistralSettings.EFFORT;
            throw new InvalidJsonException(
                    holder.path(name), holder.path(name) + " and " + path + " differ; send one of them");
        }
    }
}
