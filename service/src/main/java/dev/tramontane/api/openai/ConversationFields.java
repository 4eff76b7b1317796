package dev.tramontane.api.openai;

import dev.tramontane.answer.CallRules;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.chat.Conversation;
import dev.tramontane.chat.Effort;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a body that say what a chat layout is to lay out.
 *
 * @param calls which of the tools in it an answer may call
 */
record ConversationFields(Conversation conversation, CallRules calls) {

    static ConversationFields read(JsonFields fields, ApiConfig config) {
        List<Map<String, @Nullable Object>> messages =
                ChatMessages.messages(fields, config.requests().messages());
        Map<String, @Nullable Object> last = messages.getLast();
        boolean prefix = last.remove(ChatMessages.PREFIX) != null;
        boolean continues = fields.flag("continue_final_message", prefix);
        boolean generates = fields.flag("add_generation_prompt", !continues);
        if (prefix && !continues) {
            throw new InvalidJsonException(
                    "continue_final_message",
                    "continue_final_message cannot be false where the last message is a prefix");
        }
        if (continues && generates) {
            throw new InvalidJsonException(
                    "continue_final_message", "continue_final_message and add_generation_prompt cannot both be true");
        }
        if (continues && !"assistant".equals(last.get("role"))) {
            throw new InvalidJsonException(
                    "continue_final_message", "continue_final_message needs the last message to be the assistant's");
        }
        ToolFields tools = ToolFields.read(fields);
        Map<String, @Nullable Object> variables = variables(fields, config);
        ReasoningFields.read(fields, variables);
        return new ConversationFields(
                new Conversation(messages, tools.shown(), generates, continues, variables), tools.calls());
    }

    private static Map<String, @Nullable Object> variables(JsonFields fields, ApiConfig config) {
        Object value = fields.value("chat_template_kwargs");
        if (value == null) {
            return new LinkedHashMap<>();
        }
        Map<String, @Nullable Object> variables = new LinkedHashMap<>(JsonFields.object(value, "chat_template_kwargs"));
        variables.values().removeIf(Objects::isNull); // Absent, as everywhere.
        for (String name : variables.keySet()) {
            // What switches thoughts every layout knows: it does so, or refuses it by name.
            boolean known = name.equals(MistralSettings.EFFORT) || Effort.SWITCHES.contains(name);
            if (!known && !config.templateVariables().contains(name)) {
                throw new InvalidJsonException(
                        "chat_template_kwargs." + name,
                        "chat_template_kwargs." + name + " is not among the variables that this server allows; its"
                                + " operator can list it in --template-variables");
            }
        }
        return variables;
    }
}
