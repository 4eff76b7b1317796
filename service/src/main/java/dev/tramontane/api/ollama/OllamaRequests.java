package dev.tramontane.api.ollama;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.openai.RequestField.Endpoint;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.api.openai.ToolFields;
import dev.tramontane.chat.Conversation;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes of bodies what is to be generated. Any thread. */
final class OllamaRequests {
    private final ApiConfig config;
    private final ServedModels models;

    OllamaRequests(ApiConfig config, ServedModels models) {
        this.config = config;
        this.models = models;
    }

    /** {@code /api/generate}. */
    Asked generate(JsonFields fields) {
        String name = fields.string("model");
        TextGenerator generator = generator(name);
        AskedFields asked = AskedFields.read(fields, Endpoint.OLLAMA_GENERATE, config, generator.profile());
        String text = words(fields, "prompt");
        String suffix = words(fields, "suffix");
        String system = words(fields, "system");
        boolean raw = fields.flag("raw", false);
        if (!system.isEmpty() && (raw || !suffix.isEmpty())) {
            throw new InvalidJsonException(
                    "system", "system has no place beside " + (raw ? "raw" : "suffix") + "; leave one of them out");
        }
        fields.end();
        Prompt prompt = suffix.isEmpty()
                ? raw || (system.isEmpty() && !generator.profile().chats())
                        ? new Prompt.Text(text)
                        : new Prompt.Chat(conversation(system, text, asked))
                : new Prompt.Infill(text, suffix);
        boolean nothing = text.isEmpty() && suffix.isEmpty();
        return asked("text_completion", name, false, generator, asked, nothing ? null : asked.request(prompt));
    }

    /** {@code /api/chat}. */
    Asked chat(JsonFields fields) {
        String name = fields.string("model");
        TextGenerator generator = generator(name);
        AskedFields asked = AskedFields.read(fields, Endpoint.OLLAMA_CHAT, config, generator.profile());
        List<Map<String, @Nullable Object>> messages =
                OllamaMessages.read(fields, config.requests().messages());
        ToolFields tools = ToolFields.read(fields);
        fields.end();
        if (messages.isEmpty()) {
            return asked("chat", name, true, generator, asked, null);
        }
        // An answer goes on with the assistant's last message, as Ollama's does.
        boolean continues = "assistant".equals(messages.getLast().get("role"))
                && !messages.getLast().containsKey("tool_calls");
        Conversation conversation = new Conversation(messages, tools.shown(), !continues, continues, asked.variables());
        return asked(
                "chat",
                name,
                true,
                generator,
                asked,
                asked.request(new Prompt.Chat(conversation)).calling(tools.calls()));
    }

    private Asked asked(
            String operation,
            @Nullable String name,
            boolean chat,
            TextGenerator generator,
            AskedFields asked,
            @Nullable GenerationRequest generation) {
        Asked all = new Asked(
                operation,
                Objects.requireNonNullElse(name, generator.model()),
                chat,
                asked.stream(),
                generator,
                asked.urgency(),
                asked.keep(),
                generation);
        if (generation == null && all.unloads() && models.keeping() == null) {
            throw new InvalidJsonException(
                    "keep_alive", "keep_alive 0 unloads a model, and this one stays loaded while the server runs");
        }
        return all;
    }

    /** The generator of a name; one without a tag is the latest. */
    private TextGenerator generator(@Nullable String name) {
        TextGenerator generator = models.tagged(name);
        if (generator == null) {
            throw unknown(name);
        }
        return generator;
    }

    /** A model that is not served here. */
    static ApiException unknown(@Nullable String name) {
        return ApiException.invalid(
                404, "model '" + name + "' not found: GET /api/tags lists what this server serves", "model_not_found");
    }

    /** Where it is asked for to be fetched. */
    static ApiException unfetched(String name) {
        return ApiException.invalid(
                404,
                "model '" + name + "' is not served here, and no request fetches one: the server's operator has"
                        + " tramontane pull, serves what he names, and lets requests fetch with --allow-pull",
                "model_not_found");
    }

    /** The listed model of a name; null where there is none. */
    static ServedModels.@Nullable Entry listed(ServedModels models, String name) {
        for (ServedModels.Entry model : models.list()) {
            if (names(name, model)) {
                return model;
            }
        }
        return null;
    }

    private static boolean names(String name, ServedModels.Entry model) {
        return name.equals(model.id())
                || name.equals(model.id() + ServedModels.LATEST)
                || model.id().equals(name + ServedModels.LATEST);
    }

    private static Conversation conversation(String system, String text, AskedFields asked) {
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        if (!system.isEmpty()) {
            messages.add(message("system", system));
        }
        messages.add(message("user", text));
        return new Conversation(messages, List.of(), true, false, asked.variables());
    }

    private static Map<String, @Nullable Object> message(String role, String content) {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("role", role);
        message.put("content", content);
        return message;
    }

    private static String words(JsonFields fields, String name) {
        return Objects.requireNonNullElse(fields.string(name), "");
    }
}
