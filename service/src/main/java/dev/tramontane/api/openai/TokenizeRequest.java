package dev.tramontane.api.openai;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /tokenize}: a text or a conversation.
 *
 * @param model null for the default
 * @param strings whether the tokens' spellings are part of the answer
 */
record TokenizeRequest(@Nullable String model, Prompt prompt, boolean strings) {

    static TokenizeRequest parse(JsonFields fields, ApiConfig config) {
        TokenizeRequest request = new TokenizeRequest(
                fields.string("model"), prompt(fields, config), fields.flag("return_token_strs", false));
        fields.end();
        return request;
    }

    private static Prompt prompt(JsonFields fields, ApiConfig config) {
        boolean chat = fields.has("messages");
        if (chat == fields.has("prompt")) {
            throw new InvalidJsonException(
                    "prompt", chat ? "prompt and messages exclude each other" : "prompt or messages is missing");
        }
        if (!chat) {
            return new Prompt.Text(fields.requiredString("prompt"), fields.flag("add_special_tokens", true));
        }
        fields.only("add_special_tokens", false);
        fields.refuse("chat_template", "the model's own layout is used");
        fields.harmless("prompt");
        return new Prompt.Chat(ConversationFields.read(fields, config).conversation());
    }
}
