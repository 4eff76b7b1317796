package dev.tramontane.api.openai;

import dev.tramontane.generation.ModelProfile;
import dev.tramontane.model.SamplingDefaults;
import java.time.Instant;
import tools.jackson.core.JsonGenerator;

/**
 * A model as clients read it: OpenAI's four fields, vLLM's {@code max_model_len}, {@code root} and {@code parent}, and
 * Mistral's card, whose clients require {@code type} and {@code capabilities}. What is not known while a model is loaded
 * counts as none.
 */
final class ModelFormat {
    private static final ModelProfile UNKNOWN = new ModelProfile(0, false, false, SamplingDefaults.NEUTRAL);

    private ModelFormat() {}

    static void write(JsonGenerator json, ServedModels.Entry model) {
        ModelProfile profile = profile(model);
        json.writeStartObject();
        json.writeStringProperty("id", model.id());
        json.writeStringProperty("object", "model");
        json.writeNumberProperty("created", model.createdSeconds());
        json.writeStringProperty("owned_by", "tramontane");
        json.writeStringProperty("root", model.id());
        if (model.parent() == null) {
            json.writeNullProperty("parent");
        } else {
            json.writeStringProperty("parent", model.parent());
        }
        json.writeNumberProperty("max_model_len", profile.contextTokens());
        json.writeStringProperty("type", "base");
        json.writeStringProperty("name", model.id());
        json.writeNumberProperty("max_context_length", profile.contextTokens());
        json.writeName("default_model_temperature");
        json.writeNumber(profile.sampling().told().getOrDefault("temperature", "1"));
        json.writeName("default_sampling_params").writeStartObject();
        profile.sampling().told().forEach((name, value) -> {
            json.writeName(name);
            json.writeNumber(value);
        });
        json.writeEndObject();
        json.writeName("aliases").writeStartArray().writeEndArray();
        json.writeName("capabilities").writeStartObject();
        json.writeBooleanProperty("completion_chat", profile.chats());
        json.writeBooleanProperty("completion_fim", profile.fills());
        json.writeBooleanProperty("function_calling", calls(profile));
        json.writeBooleanProperty("fine_tuning", false);
        json.writeBooleanProperty("vision", false);
        json.writeEndObject();
        ServedModels.Stay stay = model.stay();
        if (stay != null) { // As llama.cpp's server tells of models that come and go.
            json.writeName("status").writeStartObject();
            json.writeStringProperty("value", stay.state());
            json.writeNumberProperty("percent", stay.percent());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** As Ollama lists models, which llama.cpp's server does beside OpenAI's list. */
    static void writeAsOllama(JsonGenerator json, ServedModels.Entry model) {
        json.writeStartObject();
        json.writeStringProperty("name", model.id());
        json.writeStringProperty("model", model.id());
        json.writeStringProperty(
                "modified_at", Instant.ofEpochSecond(model.createdSeconds()).toString());
        json.writeName("capabilities").writeStartArray().writeString("completion");
        if (calls(profile(model))) {
            json.writeString("tools");
        }
        json.writeEndArray();
        json.writeName("details").writeStartObject().writeEndObject();
        json.writeEndObject();
    }

    /** Whether what it writes as calls is told as such. */
    private static boolean calls(ModelProfile profile) {
        return profile.chats() && profile.form().calls() != null;
    }

    private static ModelProfile profile(ServedModels.Entry model) {
        ModelProfile known = model.profile();
        return known == null ? UNKNOWN : known;
    }
}
